import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Requests of one connection that wait for those before them; then no more is read of it. */
const MOST_WAITING = 64;
/** Requests that wait on all connections: one that has more than its share is ended then. One takes some 5 KB. */
const MOST_WAITING_AT_ALL = 10_000;

/**
 * Requests that a client has sent before it had its answers (RFC 9112 section 9.3.2). Node reads on as long as there is no
 * answer that waits to be read, and one connection could fill the memory with what is still to be answered.
 */
export class Pipelines {
  private readonly waiting = new Map<Socket, number>();
  private readonly held = new WeakSet<Socket>();
  private total = 0;

  /** The response has no socket yet, because it is another one's turn. */
  wait(socket: Socket, response: ServerResponse, go: () => void): void {
    const own = (this.waiting.get(socket) ?? 0) + 1;
    if (own === 1) socket.once('close', () => this.forget(socket));
    this.waiting.set(socket, own);
    this.total++;
    if (own > MOST_WAITING) {
      if (this.total > MOST_WAITING_AT_ALL) return void socket.destroy();
      this.hold(socket);
    }
    response.once('socket', () => {
      this.leave(socket);
      process.nextTick(go);
    });
  }

  private leave(socket: Socket): void {
    const own = this.waiting.get(socket);
    if (own === undefined) return;
    this.total--;
    this.waiting.set(socket, own - 1);
    if (own - 1 !== MOST_WAITING / 2 || !this.held.delete(socket)) return;
    socket.off('resume', pause);
    socket.resume();
  }

  /** Stops reading. Node reads on after each request that it has parsed: as often as it does it is stopped again. */
  private hold(socket: Socket): void {
    if (this.held.has(socket)) return;
    this.held.add(socket);
    socket.pause();
    socket.on('resume', pause);
  }

  private forget(socket: Socket): void {
    this.total -= this.waiting.get(socket) ?? 0;
    this.waiting.delete(socket);
  }
}

function pause(this: Socket): void {
  this.pause();
}
