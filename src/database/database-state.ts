export type DatabaseStatus =
  'starting' | 'migrating' | 'up' | 'down' | 'read-only' | 'schema-behind' | 'schema-differs' | 'migration-failed';

/** What the background probe last saw: probes read it from memory, and cost the database nothing. */
export class DatabaseState {
  status: DatabaseStatus = 'starting';
  /** Whether it was ever up. */
  wasReady = false;
  /** Milliseconds that the last good probe took. */
  latencyMs: number | null = null;
  pendingMigrations: number | null = null;
  /** What is declared and the service can't work without, and the database has not: `loan`, `loan.price`. */
  missing: readonly string[] = [];

  get isReady(): boolean {
    return this.status === 'up';
  }
}
