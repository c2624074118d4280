import { Logger } from '@nestjs/common';

export const DATABASE_STATES = [
  'starting',
  'migrating',
  'up',
  'down',
  'read-only',
  'schema-behind',
  'schema-differs',
  'migration-failed',
] as const;
export type DatabaseStatus = (typeof DATABASE_STATES)[number];

/** The result of the last background probe: readiness is answered from memory, and costs the database nothing. */
export class DatabaseState {
  /** Whether it was ever up. */
  wasReady = false;
  /** Milliseconds that the last good probe took. */
  latencyMs: number | null = null;
  pendingMigrations: number | null = null;
  /** Declared tables and columns that the service can't work without and the database does not have: `loan`, `loan.price`. */
  missing: readonly string[] = [];
  private readonly logger = new Logger('Database');
  private current: DatabaseStatus = 'starting';
  /** The time since when it is not up. */
  private awayAt = performance.now();

  get status(): DatabaseStatus {
    return this.current;
  }

  /** Whether requests can be served: without a database that takes changes, those that read. */
  get isReady(): boolean {
    return this.isWritable || this.current === 'read-only';
  }

  get isWritable(): boolean {
    return this.current === 'up';
  }

  /** Logs each change once. @param why in a word, such as an error's code */
  become(status: DatabaseStatus, why = ''): void {
    if (status === this.current) return;
    if (this.isWritable) this.awayAt = performance.now();
    this.current = status;
    const away_ms = Math.round(performance.now() - this.awayAt);
    if (status === 'migrating') return;
    if (status !== 'up') this.logger.warn({ msg: this.trouble(status), state: status, ...(why !== '' && { why }) });
    else if (this.wasReady) this.logger.log({ msg: 'The database is back', state: status, away_ms });
    else this.logger.log({ msg: 'The database is ready', state: status, start_ms: away_ms });
    this.wasReady ||= this.isReady;
  }

  private trouble(status: DatabaseStatus): string {
    if (status === 'read-only') return 'The database takes no changes';
    if (status === 'schema-behind') return `${this.pendingMigrations} migrations are pending: npm run migrate`;
    if (status === 'schema-differs') return `The database has not: ${this.missing.join(', ')}`;
    if (status === 'migration-failed') return 'A migration failed: npm run migrate -- status';
    return this.wasReady ? 'The database is lost' : 'The database can not be reached yet';
  }
}
