import { DomainError } from '../problems/domain-error.js';
import { problemType } from '../problems/problem.catalogue.js';
import { classify, poisons, toThrown, UniqueViolation } from './sql-errors.js';
import { BY_CODE, BY_NUMBER } from './sql-failures.js';

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
    [{ errno: 1047 }, 'unreachable', 'database-unavailable'],
    [{ code: 'ECONNREFUSED', errno: -111 }, 'unreachable', 'database-unavailable'],
    [{ errno: 1040 }, 'busy', 'database-busy'],
    [{ errno: 1969 }, 'timeout', 'database-timeout'],
    [{ errno: 3024 }, 'timeout', 'database-timeout'],
    [{ errno: 1114 }, 'full', 'storage-full'],
    [{ errno: 1021 }, 'full', 'storage-full'],
    [{ code: 'SQLITE_FULL' }, 'full', 'storage-full'],
    [{ errno: 1406 }, 'value', 'value-out-of-range'],
    [{ errno: 1264 }, 'value', 'value-out-of-range'],
    [{ errno: 1452 }, 'reference', 'reference-violated'],
    [{ errno: 1048 }, 'constraint', 'constraint-violated'],
    [{ errno: 1461 }, 'unprepared', 'database-busy'],
    [{ errno: 3101 }, 'retry', 'database-busy'],
    [{ errno: 3100 }, 'read-only', 'read-only'],
    [{ errno: 2013 }, 'lost', 'database-unavailable'],
    [{ errno: 2002 }, 'unreachable', 'database-unavailable'],
    [{ errno: 2003 }, 'unreachable', 'database-unavailable'],
    [{ errno: 3032 }, 'unreachable', 'database-unavailable'],
    [{ code: 'SQLITE_INTERRUPT' }, 'timeout', 'database-timeout'],
    [{ code: 'SQLITE_IOERR_WRITE' }, 'unreachable', 'database-unavailable'],
    [{ code: 'SQLITE_CORRUPT_VTAB' }, 'unreachable', 'database-unavailable'],
    [{ code: 'SQLITE_NOTADB' }, 'unreachable', 'database-unavailable'],
    [{ code: 'SQLITE_NOMEM' }, 'busy', 'database-busy'],
    [{ code: 'ETIMEDOUT', syscall: 'connect' }, 'unreachable', 'database-unavailable'],
    // It was connected: what it had sent may have arrived.
    [{ code: 'ETIMEDOUT', syscall: 'read' }, 'lost', 'database-unavailable'],
    [{ code: 'EHOSTUNREACH', syscall: 'write' }, 'lost', 'database-unavailable'],
    // Numbers that are not in the table, by their SQLSTATE.
    [{ errno: 65_000, sqlState: '23000' }, 'constraint', 'constraint-violated'],
    [{ errno: 65_000, sqlState: '22003' }, 'value', 'value-out-of-range'],
    [{ errno: 65_000, sqlState: '40001' }, 'retry', 'database-busy'],
    [{ errno: 65_000, sqlState: '08S01' }, 'lost', 'database-unavailable'],
  ] as const)('%j is "%s"', (members, failure, code) => {
    const error = driverError(members);
    expect(classify(error)).toBe(failure);
    const thrown = toThrown(error) as DomainError;
    expect(thrown).toBeInstanceOf(DomainError);
    expect(thrown.code).toBe(code);
    expect(thrown.detail).not.toContain('secret');
    expect(thrown.cause).toBe(error);
    expect(poisons(failure)).toBe(['lost', 'unreachable', 'read-only', 'timeout'].includes(failure));
  });

  it.each([
    [1180, "Got error 149 - 'Lock deadlock; Retry transaction' during COMMIT", 'retry'],
    [1180, 'Got error 149 "Lock deadlock; Retry transaction" during COMMIT', 'retry'],
    [1180, "Got error 1490 - 'x' during COMMIT", 'lost'],
    [1180, "Got error 28 - 'No space left on device' during COMMIT", 'lost'],
    [1030, 'Got error 28 "No space left on device" from storage engine InnoDB', 'full'],
    [1030, 'Got error 168 from storage engine', 'other'],
    [1026, "Error writing file './x' (errno: 28 - No space left on device)", 'full'],
    [1105, 'target: ks.-80.primary: no healthy tablet available for \'keyspace:"ks" shard:"-80"\'', 'unreachable'],
    [
      1105,
      'target: ks.0.primary: primary is not serving, there may be a reparent operation in progress',
      'unreachable',
    ],
    [1105, 'vttablet: rpc error: code = Unavailable desc = error reading from server: EOF', 'lost'],
    [1105, 'vttablet: rpc error: code = Aborted desc = transaction 1: ended', 'retry'],
    [1105, 'vttablet: rpc error: code = ResourceExhausted desc = pool full', 'busy'],
    [1105, 'unknown error', 'other'],
  ])('%d with "%s" is "%s"', (errno, message, failure) => {
    expect(classify(driverError({ errno }, message))).toBe(failure);
  });

  it('leaves programming errors as they are', () => {
    for (const members of [
      { errno: 1054, sqlState: '42S22' },
      { errno: 1052, sqlState: '23000' },
    ]) {
      const error = driverError(members);
      expect(toThrown(error)).toBe(error);
    }
  });

  // https://sqlite.org/rescode.html, and every error of MySQL and MariaDB that a rule of the schema can make of a write
  const SQLITE = 'CHECK COMMITHOOK DATATYPE FOREIGNKEY FUNCTION NOTNULL PINNED PRIMARYKEY ROWID TRIGGER UNIQUE VTAB';
  const SERVER = [
    1022, 1048, 1062, 1169, 1216, 1217, 1263, 1364, 1369, 1451, 1452, 1526, 1557, 1586, 1591, 1644, 1748, 1761, 1762,
    1859, 3008, 3819, 4025,
  ];
  it.each([
    { code: 'SQLITE_CONSTRAINT' },
    ...SQLITE.split(' ').map((kind) => ({ code: `SQLITE_CONSTRAINT_${kind}` })),
    ...SERVER.map((errno) => ({ errno })),
  ])('%j, of a constraint, is no failure of the service', (members) => {
    const { code, detail } = toThrown(driverError(members)) as DomainError;
    expect([409, 422]).toContain(problemType(code)!.status);
    expect(detail).not.toContain('secret');
  });

  it('has an answer for every kind of failure but programming errors', () => {
    const numbers = [...BY_NUMBER].map(([errno, failure]) => ({ members: { errno }, failure }));
    const codes = [...BY_CODE].map(([code, failure]) => ({ members: { code }, failure }));
    for (const { members, failure } of [...numbers, ...codes])
      expect(toThrown(driverError(members)) instanceof DomainError).toBe(failure !== 'other');
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
