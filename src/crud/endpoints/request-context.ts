import type { Caller } from '../../access/caller.js';
import { AfterCommit, type Work } from '../../database/after-commit.js';
import { whenCommitted } from '../../database/ambient.js';
import { parseEntityTags, type EntityTags } from '../../http/conditional.js';
import { DomainError } from '../../problems/domain-error.js';
import type { Field } from '../../fields/field.js';
import { CSV_TYPE, JSON_TYPE, NDJSON_TYPE } from '../../http/media-types.js';
import type { ListQuery } from '../../query/list-query.js';
import type { ModuleEndpoint } from './endpoint.js';
import type { Companion } from '../../rows/row-creates.js';
import type { Representation } from './answer.js';
import type { Format } from './format.js';

export const LIST_FORMATS = [JSON_TYPE, NDJSON_TYPE, CSV_TYPE] as const;

/** A request as services and repositories know it: who asks, for what, and under which conditions. */
export interface RequestContext {
  readonly caller: Caller;
  readonly traceId: string;
  /** The time when all of a write had arrived, by `performance.now()`: its waits in the database count from there. */
  readonly since?: number | undefined;
  /** The checked parameters of a list. */
  readonly list?: ListQuery | undefined;
  /** The Content-Type of the answer. */
  readonly format: string;
  /** A representation of the module's own, where that is asked for. */
  readonly ownFormat?: Format | undefined;
  /** The fields that `fields=` names; undefined for the default ones. */
  readonly selection?: readonly Field[] | undefined;
  readonly ifMatch?: EntityTags | undefined;
  readonly ifNoneMatch?: EntityTags | undefined;
  /** `dry_run=true`: everything is checked, nothing is kept. */
  readonly dryRun: boolean;
  /**
   * The request's idempotency key, with the answer that it keeps: to be stored with the one row that the request creates.
   * Undefined where a transaction around all of the request stores the key.
   */
  keyFor?: ((created: Representation<unknown>) => Companion) | undefined;
  /**
   * RFC 9110 section 13.2.2, for a write.
   * @param etag of the row as it is, null when there is none
   * @throws DomainError `precondition-failed`
   */
  checkPreconditions(etag: string | null): void;
  /** Reads a list of entity tags, as this request's peer may send it. */
  entityTags(value: string, header: string): EntityTags;
  /**
   * The context for another module's service, in the same transaction: the same caller and trace, and none of what this
   * request asks of its own row (`If-Match`, `fields=`, a list's parameters).
   */
  forOther(): RequestContext;
  /**
   * Calls `work` once what the request writes is committed: in a transaction when that is, otherwise when the handler is
   * done. Never in a dry run, after a rollback or a failure, or for a replay. Nobody waits for it, and what it throws is
   * logged; it is lost with the process.
   */
  afterCommit(work: Work): void;
}

/** A request to an endpoint. */
export interface EndpointContext extends RequestContext {
  readonly endpoint: ModuleEndpoint;
  /** `Prefer: return=minimal` (RFC 7240 section 4.2). */
  readonly minimal: boolean;
  readonly idempotencyKey?: string | undefined;
  /** The values of the handler's own, an object of their class. */
  readonly parameters?: object | undefined;
  /** The request's own target with one query parameter set. */
  urlWith(parameter: string, value: string): string;
  /** The handler is done, and nothing of it can be rolled back any more. */
  succeeded(): void;
}

/** A context without conditions: for another module's service, and for work that no request asks for. */
export class PlainContext implements RequestContext {
  readonly format = JSON_TYPE;
  readonly dryRun = false;

  constructor(
    readonly caller: Caller,
    readonly traceId: string,
    readonly since?: number,
    /** Keeps work until the request is done that it was made for; without one, whatever was written outside of a transaction is committed. */
    private readonly later: (work: Work) => void = runNow,
  ) {}

  checkPreconditions(): void {}

  afterCommit(work: Work): void {
    if (!whenCommitted(work)) this.later(work);
  }

  entityTags(value: string, header: string): EntityTags {
    return parseEntityTags(value, header);
  }

  forOther(): RequestContext {
    return this;
  }
}

function runNow(work: Work): void {
  const works = new AfterCommit();
  works.add(work);
  works.run();
}

export function checkPreconditions(
  conditions: Pick<RequestContext, 'ifMatch' | 'ifNoneMatch'>,
  etag: string | null,
): void {
  const { ifMatch, ifNoneMatch } = conditions;
  if (ifMatch && (etag === null || !ifMatch.matchesStrongly(etag)))
    throw etag !== null && ifMatch.hasChanged ? weak(etag) : failed('if-match', etag);
  if (ifNoneMatch && etag !== null && ifNoneMatch.matchesWeakly(etag)) throw failed('if-none-match', etag);
}

function failed(header: string, etag: string | null): DomainError {
  const detail =
    header === 'if-none-match'
      ? 'The row exists.'
      : etag === null
        ? 'If-Match was given, and there is no such row.'
        : 'The row was changed since the entity tag in If-Match was given out.';
  const errors = [{ code: 'no-match', detail, header }];
  return new DomainError('precondition-failed', detail, { errors, ...(etag !== null && { headers: { etag } }) });
}

/** No other tag would do better: what the row has become is not even looked at. */
function weak(etag: string): DomainError {
  const detail =
    'The entity tag in If-Match is weak (W/) or marked (-gzip), and only a strong one can match: ' +
    'a proxy that compresses has changed the ETag on its way to you.';
  const errors = [{ code: 'weak', detail, header: 'if-match' }];
  return new DomainError('weak-entity-tag', detail, { errors, headers: { etag } });
}
