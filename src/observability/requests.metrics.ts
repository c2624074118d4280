import type { SecurityLog } from '../access/security-log.js';
import { SECURITY_EVENTS } from '../access/security-log.js';
import type { StorageLimits } from '../access/limits/storage-limits.js';
import type { Idempotency } from '../crud/idempotency/idempotency.js';
import type { DomainError } from '../problems/domain-error.js';
import { problemTypes } from '../problems/problem.catalogue.js';
import type { Instruments } from './instruments.js';

/** Resources that all callers share, and that are used up: 503. `database`: of connections, or of tries against locks. */
const SHED = ['event-loop', 'memory', 'held', 'exports', 'streams', 'costly', 'database'];
/** Limits of one caller or address: 429. */
const LIMITED = [
  'caller',
  'address',
  'failures',
  'costly',
  'held',
  'exports',
  'streams',
  'stored-bytes',
  'stored-records',
];
const SHEDDING: readonly string[] = ['overloaded', 'database-busy'];
const LIMITING: readonly string[] = ['rate-limited', 'storage-budget-spent'];

/** Requests that were refused, and why. @returns to be told of each problem that is answered */
export function measureProblems(instruments: Instruments): (problem: DomainError) => void {
  const codes = new Set([...problemTypes().keys()]);
  const problems = instruments.counter(
    {
      name: 'plinth_problems_total',
      help: 'Requests that ended in a problem, by its code (docs/errors.md).',
      labelNames: ['code'],
    },
    codes,
  );
  const shed = instruments.counter(
    {
      name: 'plinth_requests_shed_total',
      help: `Requests that were refused with 503 because something that all callers share was used up: ${SHED.join(', ')}.`,
      labelNames: ['reason'],
    },
    SHED,
  );
  const limited = instruments.counter(
    {
      name: 'plinth_requests_limited_total',
      help: `Requests that were refused with 429 because of what their caller or address has asked for: ${LIMITED.join(', ')}.`,
      labelNames: ['limit'],
    },
    LIMITED,
  );
  return ({ code, log: { limit } }) => {
    problems(code);
    if (SHEDDING.includes(code)) shed(limit ?? 'database');
    if (LIMITING.includes(code) && limit !== undefined) limited(limit);
  };
}

/** Counts the records that callers have stored beside their rows, and the events of the security log. */
export function measureCallers(
  instruments: Instruments,
  security: SecurityLog,
  storage: StorageLimits,
  idempotency: Idempotency,
): void {
  for (const [unit, help] of [
    ['bytes', 'Bytes of change records and of idempotent answers that this process has stored.'],
    ['records', 'How many of these records it has stored.'],
  ] as const) {
    instruments.counted({ name: `plinth_stored_${unit}_total`, help, labelNames: ['kind'] }, (tell) => {
      for (const [kind, stored] of storage.stored) tell(stored[unit], { kind });
    });
  }
  instruments.counted(
    {
      name: 'plinth_storage_refused_total',
      help: 'Writes that were refused because their caller has stored enough today, by the budget that was used up.',
      labelNames: ['budget'],
    },
    (tell) => {
      for (const [budget, writes] of Object.entries(storage.refused)) tell(writes, { budget });
    },
  );
  instruments.counted(
    {
      name: 'plinth_idempotency_replays_total',
      help: 'Requests with an Idempotency-Key that got the answer of the first one again.',
    },
    (tell) => tell(idempotency.replays),
  );
  security.onEvent = instruments.counter(
    {
      name: 'plinth_security_events_total',
      help: 'Refused requests and changed keys, also those that the log was spared, by event.',
      labelNames: ['event'],
    },
    SECURITY_EVENTS,
  );
}
