import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Authority } from './certificates.js';
import { freePort } from '../../src/testing/mariadb.js';

const BINARY = ['/usr/sbin/nginx', '/usr/local/sbin/nginx', '/usr/bin/nginx'].find((path) => existsSync(path));

/** `describe`, or its `skip` with a line that says so where there is no nginx. @throws Error where CI has none */
export function describeWithNginx(): typeof describe {
  if (BINARY !== undefined) return describe;
  const line = 'NOT RUN: the suites through nginx. Install nginx.';
  if (process.env.CI === 'true') throw new Error(line);
  process.stderr.write(`\n${line}\n`);
  return describe.skip;
}

/** The configuration that docs/proxies.md gives to copy. */
const DOCUMENTED = /^```nginx\n([^]*?)^```$/m.exec(readFileSync('docs/proxies.md', 'utf8'))![1]!;

const SERVERS = /(?: *server [\d.]+:\d+ max_fails=0;\n)+/;

function serversOf(origins: readonly string[]): string {
  return origins.map((origin) => `  server ${new URL(origin).host} max_fails=0;\n`).join('');
}

/** An nginx with the documented configuration, in a folder of its own and on free ports. */
export class Nginx {
  private output = '';

  private constructor(
    private readonly folder: string,
    private readonly authority: Authority,
    private readonly child: ChildProcess,
    /** HTTP/1.1 in plain text. */
    readonly origin: string,
    /** HTTP/2 in plain text, by prior knowledge. */
    readonly http2: string,
    /** What clients come to: HTTP/2 or 1.1 over TLS. */
    readonly https: string,
  ) {
    child.stderr!.on('data', (chunk: Buffer) => (this.output += String(chunk)));
  }

  /**
   * @param upstreams origins of services
   * @param change makes another configuration of the documented one
   */
  static async start(upstreams: readonly string[], change = (text: string): string => text): Promise<Nginx> {
    const folder = mkdtempSync(join(tmpdir(), 'plinth-nginx-'));
    const authority = new Authority();
    const [plain, http2, tls] = [await freePort(), await freePort(), await freePort()];
    const { cert, key } = authority.issue('plinth', 'IP:127.0.0.1');
    const replace = (text: string, what: RegExp, by: string): string => {
      if (!what.test(text)) throw new Error(`docs/proxies.md has no ${String(what)}`);
      return text.replace(what, by);
    };
    let server = change(DOCUMENTED);
    const listens = [`${plain}`, `${http2} http2`, `${tls} ssl http2`].map((port) => `listen 127.0.0.1:${port};`);
    server = replace(server, /listen 443 ssl http2;/, listens.join(' '));
    server = replace(server, SERVERS, serversOf(upstreams));
    server = replace(server, /(ssl_certificate) [^;]+/, `$1 ${cert}`);
    server = replace(server, /(ssl_certificate_key) [^;]+/, `$1 ${key}`);
    writeFileSync(join(folder, 'nginx.conf'), around(server));
    const child = spawn(BINARY!, ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    process.once('exit', () => child.kill('SIGTERM'));
    const [one, two, three] = [`http://127.0.0.1:${plain}`, `http://127.0.0.1:${http2}`, `https://127.0.0.1:${tls}`];
    const nginx = new Nginx(folder, authority, child, one, two, three);
    await nginx.until(plain);
    return nginx;
  }

  /** The certificate of who has signed that of `https`. */
  get ca(): string {
    return readFileSync(this.authority.ca, 'utf8');
  }

  /** Sends requests to these from now on, as an ingress does. What is under way goes on. */
  route(upstreams: readonly string[]): void {
    const file = join(this.folder, 'nginx.conf');
    writeFileSync(file, readFileSync(file, 'utf8').replace(SERVERS, serversOf(upstreams)));
    this.child.kill('SIGHUP');
  }

  /** A line for each request, with the version of HTTP. */
  get log(): string {
    return readFileSync(join(this.folder, 'access.log'), 'utf8');
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null) {
      const ended = once(this.child, 'exit');
      this.child.kill('SIGTERM');
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
    this.authority.remove();
  }

  private async until(port: number): Promise<void> {
    for (const end = Date.now() + 5_000; ; await sleep(20)) {
      const socket = connect(port, '127.0.0.1');
      const isUp = await Promise.race([
        once(socket, 'connect').then(() => true),
        once(socket, 'close').then(() => false),
      ])
        .catch(() => false)
        .finally(() => socket.destroy());
      if (isUp) return;
      if (Date.now() > end || this.child.exitCode !== null) throw new Error(`nginx did not start:\n${this.output}`);
    }
  }
}

/** Makes a whole configuration of a server's, as the distribution's nginx.conf would. */
function around(server: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((one) => `${one}_temp_path ${one};`);
  return `
    daemon off;
    ${process.getuid?.() === 0 ? 'user root;' : ''}
    pid nginx.pid;
    events {}
    http {
      access_log access.log;
      ${temporary.join('\n')}
      ${server}
    }
  `;
}
