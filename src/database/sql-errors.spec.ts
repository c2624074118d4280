import { DomainError } from '../http/domain-error.js';
import { classify, poisons, toThrown, UniqueViolation } from './sql-errors.js';

const driverError = (members: object, message = 'secret text of the driver') =>
  Object.assign(new Error(message), members);

describe('the table of SQL errors', () => {
  it.each([
    [{ errno: 1213 }, 'retry', 'database-busy'],
    [{ errno: 1205 }, 'retry', 'database-busy'],
    [{ errno: 1020 }, 'retry', 'database-busy'],
    [{ code: 'SQLITE_BUSY' }, 'retry', 'database-busy'],
    [{ errno: 1180 }, 'lost', 'database-unavailable'],
    [{ code: 'PROTOCOL_CONNECTION_LOST', fatal: true }, 'lost', 'database-unavailable'],
    [{ code: 'PROTOCOL_PACKETS_OUT_OF_ORDER' }, 'lost', 'database-unavailable'],
    [{ code: 'ECONNRESET' }, 'lost', 'database-unavailable'],
    [{ errno: 1290 }, 'read-only', 'read-only'],
    [{ errno: 1792 }, 'read-only', 'read-only'],
    [{ errno: 1836 }, 'read-only', 'read-only'],
    [{ errno: 1047 }, 'read-only', 'read-only'],
    [{ code: 'ECONNREFUSED', errno: -111 }, 'unreachable', 'database-unavailable'],
    [{ errno: 1040 }, 'busy', 'database-busy'],
    [{ errno: 1969 }, 'timeout', 'database-timeout'],
    [{ errno: 3024 }, 'timeout', 'database-timeout'],
    [{ errno: 1114 }, 'full', 'storage-full'],
    [{ errno: 1021 }, 'full', 'storage-full'],
    [{ code: 'SQLITE_FULL' }, 'full', 'storage-full'],
    [{ errno: 1406 }, 'value', 'value-out-of-range'],
    [{ errno: 1264 }, 'value', 'value-out-of-range'],
  ] as const)('%j is "%s"', (members, failure, code) => {
    const error = driverError(members);
    expect(classify(error)).toBe(failure);
    const thrown = toThrown(error) as DomainError;
    expect(thrown).toBeInstanceOf(DomainError);
    expect(thrown.code).toBe(code);
    expect(thrown.detail).not.toContain('secret');
    expect(thrown.cause).toBe(error);
    expect(poisons(failure)).toBe(['lost', 'read-only', 'timeout'].includes(failure));
  });

  it('leaves programming errors as they are', () => {
    const error = driverError({ errno: 1054 });
    expect(toThrown(error)).toBe(error);
  });

  it.each([
    [{ errno: 1062 }, "Duplicate entry 'it's for key 'x'' for key 'uq_widget_code'", 'uq_widget_code', []],
    [{ errno: 1062 }, "Duplicate entry 'a' for key 'widget.PRIMARY'", 'PRIMARY', []],
    [
      { code: 'SQLITE_CONSTRAINT_UNIQUE' },
      'UNIQUE constraint failed: widget.code, widget.colour',
      undefined,
      ['code', 'colour'],
    ],
    [{ code: 'SQLITE_CONSTRAINT_PRIMARYKEY' }, 'UNIQUE constraint failed: widget.id', undefined, ['id']],
  ])('%j %s', (members, message, constraint, columns) => {
    const thrown = toThrown(driverError(members, message)) as UniqueViolation;
    expect(thrown).toBeInstanceOf(UniqueViolation);
    expect({ constraint: thrown.constraint, columns: thrown.columns }).toEqual({ constraint, columns });
  });
});
