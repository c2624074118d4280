import { Injectable } from '@nestjs/common';
import { DomainError } from '../../problems/domain-error.js';
import type { ErrorReasons } from '../../problems/error-reasons.js';
import { DatabaseState, type DatabaseStatus } from '../database-state.js';

/** Unknown column, no such table, NOT NULL. */
const ERRNOS = [1054, 1146, 1364, 1048];
const OF_SQLITE = /^(no such (table|column)|table \S+ has no column|NOT NULL constraint)/;
interface Failure {
  readonly errno?: number;
  readonly message?: string;
}

const STATES: readonly DatabaseStatus[] = ['schema-behind', 'schema-differs', 'migration-failed'];

/**
 * A table or column that is not there, or that nobody gives a value, is a fault of the program's, unless the probe has seen
 * that the database is not what the program was written for.
 */
@Injectable()
export class SchemaReasons implements ErrorReasons {
  constructor(private readonly state: DatabaseState) {}

  reasonOf(error: unknown): DomainError | undefined {
    if (!STATES.includes(this.state.status)) return undefined;
    const { errno = 0, message = '' } = Object(error instanceof DomainError ? error.cause : error) as Failure;
    if (!ERRNOS.includes(errno) && !OF_SQLITE.test(message)) return undefined;
    const detail = 'The database has another schema than the service was made for.';
    return new DomainError('schema-differs', detail, { cause: error, headers: { 'retry-after': '5' } });
  }
}
