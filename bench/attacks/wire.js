// An attacker's side of HTTP: plain sockets, from an address of their own, and nothing that a client library would refuse.
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Not the others': the limit of an address is not what is to be measured. */
const ADDRESS = '127.0.0.2';
const PAUSE_MS = 20;
const STATUS_LINE = 'HTTP/1.1 200';

export class Wire {
  /** How many answers began with which status. */
  statuses = {};
  over = false;
  sockets = new Set();

  constructor(origin, key) {
    const { hostname, port } = new URL(origin);
    this.to = { host: hostname, port: Number(port), localAddress: ADDRESS };
    this.key = key;
    this.host = `${hostname}:${port}`;
  }

  /** The text of a request. @param body JSON */
  ask(path, { method = 'GET', headers = {}, body } = {}) {
    const json = body && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const all = { host: this.host, authorization: `Bearer ${this.key}`, ...json, ...headers };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body ?? ''}`;
  }

  /** Keeps so many sockets open until it is over: one that the service has closed is opened anew. */
  keep(count, use) {
    return Promise.all(
      Array.from({ length: count }, async (_, n) => {
        while (!this.over) {
          await this.open((socket) => use(socket, n));
          await sleep(PAUSE_MS);
        }
      }),
    );
  }

  /** @returns once it is closed */
  open(use) {
    return new Promise((resolve) => {
      const socket = connect(this.to);
      this.sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.sockets.delete(socket);
        resolve();
      });
      socket.on('connect', () => use(socket));
    });
  }

  /** Asks again and again, with `many` under way at a time, and reads the answers. @param next the text of the nth request */
  askAgain(many, next) {
    let n = 0;
    return this.keep(many, (socket) => {
      const send = () => !this.over && socket.write(next(n++));
      this.read(socket, () => setTimeout(send, PAUSE_MS).unref());
      send();
    });
  }

  /** Reads answers; keeps nothing of them. */
  read(socket, onAnswer = () => undefined) {
    let left = 0;
    let head = '';
    socket.on('data', (chunk) => {
      let rest = chunk;
      while (rest.length > 0) {
        if (left > 0) {
          const taken = Math.min(left, rest.length);
          left -= taken;
          rest = rest.subarray(taken);
          if (left === 0) onAnswer();
          continue;
        }
        head += rest.toString('latin1');
        const end = head.indexOf('\r\n\r\n');
        if (end === -1) return;
        this.count(head);
        const beyond = Buffer.from(head.slice(end + 4), 'latin1');
        left = Number(/\r\ncontent-length: (\d+)/i.exec(head.slice(0, end + 2))?.[1] ?? 0);
        head = '';
        if (left === 0) onAnswer();
        rest = beyond;
      }
    });
  }

  /** Reads how the first answer begins, and nothing more; asks anew where it was refused. */
  leaveUnread(socket) {
    socket.once('readable', () => {
      const head = String(socket.read(STATUS_LINE.length) ?? '');
      this.count(head);
      if (head !== STATUS_LINE) socket.destroy();
    });
  }

  count(head) {
    const status = /^HTTP\/1\.1 (\d+)/.exec(head)?.[1];
    if (status) this.statuses[status] = (this.statuses[status] ?? 0) + 1;
  }

  end() {
    this.over = true;
    for (const socket of this.sockets) socket.destroy();
  }
}
