import { tmpdir } from 'node:os';
import mysql, { type Connection } from 'mysql2/promise';
import { ThrowAwayServer, type ServerKind } from '../../../src/testing/mariadb.js';
import { Service } from '../../support/service.js';
import { TcpProxy } from './tcp-proxy.js';
import type { Stored } from './journal.js';

const open: { close(): Promise<unknown> }[] = [];
afterAll(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

/** Closes it after the tests of the file, also of one that has failed. */
export function closedAfterwards<T extends { close(): Promise<unknown> }>(one: T): T {
  open.push(one);
  return one;
}

/** A server, a line to it that can be broken, and a user who may not do what an operator may. */
export class Place {
  /** Asked at the end for what is stored. */
  witness: ThrowAwayServer;

  private constructor(
    readonly server: ThrowAwayServer,
    readonly proxy: TcpProxy,
  ) {
    this.witness = server;
  }

  static async make(kind: ServerKind, options: readonly string[] = [], under = tmpdir()): Promise<Place> {
    return Place.on(await ThrowAwayServer.start(kind, options, { under }));
  }

  static async on(server: ThrowAwayServer): Promise<Place> {
    const proxy = await TcpProxy.to(server.port);
    const place = closedAfterwards(new Place(server, proxy));
    await place.query('CREATE DATABASE plinth');
    await place.query("CREATE USER 'plinth'@'%' IDENTIFIED BY 'secret'");
    await place.query("GRANT ALL ON plinth.* TO 'plinth'@'%'");
    return place;
  }

  /** @param port that of the proxy unless another is given */
  url(port = this.proxy.port): string {
    return `${this.server.kind}://plinth:secret@127.0.0.1:${port}/plinth`;
  }

  /** The built service, through the proxy. */
  async service(env: Record<string, string> = {}, flags?: string[]): Promise<Service> {
    const all = { DATABASE_URL: this.url(), DATABASE_MIGRATE: 'always', LOG_LEVEL: 'warn', ...env };
    return Service.spawn(all, flags);
  }

  /** As an operator, past the proxy and all limits of the network. */
  connect(server = this.server): Promise<Connection> {
    return mysql.createConnection({ socketPath: server.socket, user: 'root' });
  }

  async query(sql: string, server = this.server): Promise<Record<string, unknown>[]> {
    const connection = await this.connect(server);
    try {
      const [rows] = await connection.query(sql);
      return rows as Record<string, unknown>[];
    } finally {
      await connection.end();
    }
  }

  async stored(): Promise<Stored> {
    const rows = await this.query('SELECT id, name FROM plinth.resource', this.witness);
    const changes = await this.query('SELECT resource_id, op, after, seq FROM plinth.change_log', this.witness);
    return { rows, changes } as unknown as Stored;
  }

  async close(): Promise<void> {
    await this.proxy.close();
    await this.server.stop();
  }
}
