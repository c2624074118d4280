import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import mysql from 'mysql2/promise';

const BINARIES = ['/usr/sbin/mariadbd', '/usr/libexec/mariadbd', '/usr/local/sbin/mariadbd'];

export function mariadbBinary(): string | undefined {
  return BINARIES.find((path) => existsSync(path));
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export type ServerKind = 'mariadb' | 'mysql';

/** The programs of the test servers; `TEST_MYSQLD` names that of MySQL. */
const SERVERS = {
  mariadb: {
    binary: mariadbBinary,
    install: (folder: string) =>
      spawnSync('mariadb-install-db', [
        '--no-defaults',
        '--auth-root-authentication-method=normal',
        '--skip-test-db',
        `--datadir=${folder}`,
        // Two that are made at the same time would meet in the folder for all.
        `--tmpdir=${folder}`,
        ...runBy('root'),
      ]),
    options: ['--skip-name-resolve'],
  },
  mysql: {
    binary: () => process.env.TEST_MYSQLD,
    install: (folder: string) =>
      spawnSync(process.env.TEST_MYSQLD!, [
        '--no-defaults',
        '--initialize-insecure',
        `--datadir=${folder}`,
        ...runBy('root'),
      ]),
    options: ['--mysqlx=OFF', '--secure-file-priv='],
  },
};

/** The kinds of servers that this machine has a program for. */
export function serverKinds(): ServerKind[] {
  return (['mariadb', 'mysql'] as const).filter((kind) => SERVERS[kind].binary() !== undefined);
}

/**
 * A server on a temporary folder and a port of its own, with durable commits as in production. (Erasable syntax only:
 * the set-up of the test run imports this file without a compiler.)
 */
export class ThrowAwayServer {
  readonly kind: ServerKind;
  readonly port: number;
  private readonly folder: string;
  private readonly options: readonly string[];
  private readonly user: string;
  private process: ChildProcess | undefined;

  private constructor(kind: ServerKind, options: readonly string[], folder: string, port: number, user: string) {
    this.kind = kind;
    this.options = options;
    this.user = user;
    this.folder = folder;
    this.port = port;
  }

  /**
   * @param under where its folder is made: the system's own place for such, unless another is given
   * @param user who runs it, where this process is root's; others have to be there
   */
  static async start(
    kind: ServerKind,
    options: readonly string[] = [],
    { under = tmpdir(), user = 'root' } = {},
  ): Promise<ThrowAwayServer> {
    const folder = mkdtempSync(join(under, `plinth-${kind}-`));
    const install = SERVERS[kind].install(folder);
    if (install.status !== 0) throw new Error(`${kind} can not make a folder of data: ${String(install.stderr)}`);
    if (user !== 'root' && runBy(user).length > 0) spawnSync('chown', ['-R', `${user}:`, folder]);
    const server = new ThrowAwayServer(kind, options, folder, await freePort(), user);
    // Also when the run itself ends badly: a server that nobody stops would stay.
    process.once('exit', () => server.process?.kill('SIGKILL'));
    await server.resume();
    return server;
  }

  get url(): string {
    return `${this.kind}://root@127.0.0.1:${this.port}/`;
  }

  /** The socket of the server's own user, whatever the server asks of those who come over the network. */
  get socket(): string {
    return join(this.folder, 's.sock');
  }

  /** Starts the server (again) and waits until it answers. */
  async resume(): Promise<void> {
    const options = [
      `--datadir=${this.folder}`,
      // Not the system's: a server that starts removes what others sort there.
      `--tmpdir=${this.folder}`,
      `--port=${this.port}`,
      `--socket=${this.socket}`,
      '--bind-address=127.0.0.1',
      '--innodb-flush-log-at-trx-commit=1',
      '--max-connections=400',
      ...SERVERS[this.kind].options,
      ...this.options,
      ...runBy(this.user),
    ];
    this.process = spawn(SERVERS[this.kind].binary()!, ['--no-defaults', ...options], { stdio: 'ignore' });
    for (const end = Date.now() + 30_000; ; await sleep(50)) {
      try {
        const connection = await mysql.createConnection({ socketPath: this.socket, user: 'root' });
        await connection.end();
        return;
      } catch (error) {
        if (Date.now() > end) throw error;
      }
    }
  }

  async signal(signal: NodeJS.Signals): Promise<void> {
    const { process: child } = this;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const ends = signal === 'SIGKILL' || signal === 'SIGTERM';
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    if (ends) await ended;
    // Each thread stops when it gets to run; one of them may still have answered a query.
    if (signal === 'SIGSTOP') while (!isStopped(child.pid!)) await sleep(5);
  }

  async stop(): Promise<void> {
    await this.signal('SIGCONT');
    await this.signal('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export type ThrowAwayMariadb = ThrowAwayServer;
export const ThrowAwayMariadb = { start: () => ThrowAwayServer.start('mariadb') };

/** Whether all threads of a process stand still; where there is no /proc to tell, it is believed. */
function isStopped(pid: number): boolean {
  const tasks = `/proc/${pid}/task`;
  if (!existsSync(tasks)) return true;
  return readdirSync(tasks).every((id) => / T [^)]*$/.test(readFileSync(join(tasks, id, 'stat'), 'utf8')));
}

function runBy(user: string): string[] {
  return process.getuid?.() === 0 ? [`--user=${user}`] : [];
}
