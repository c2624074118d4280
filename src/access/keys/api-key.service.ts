import { parseInstant } from '../../fields/types/rfc3339.js';
import { Injectable } from '@nestjs/common';
import { ChangeLog, type ChangeAuthor } from '../../rows/change-log.js';
import type { ChangeOp } from '../../rows/change.entity.js';
import type { CrudEntity } from '../../rows/crud.entity.js';
import { isId } from '../../fields/id.js';
import { Page } from '../../crud/endpoints/answer.js';
import { nextCursor, parseListQuery } from '../../query/list-query.js';
import { uuidv7 } from '../../runtime/uuid.js';
import { now } from '../../runtime/instant.js';
import type { Caller, Standing } from '../caller.js';
import { DomainError } from '../../problems/domain-error.js';
import { unauthenticated } from '../unauthenticated.js';
import { API_KEY_FIELDS, type ApiKeyView, type CreateApiKeyDto, type RotateApiKeyDto } from './api-key.dto.js';
import type { ApiKeyEntity } from './api-key.entity.js';
import { claimsFor, claimsIn, refuseClaims, storedClaims } from './claims.js';
import { ApiKeyRepository } from './api-key.repository.js';
import { digestOf, makeKey } from './key-format.js';
import { expiryOf, KeyVerifier } from './key-verifier.js';

const MODULE = 'api-key';
const DAY_SECONDS = 86_400;
/** The end of a key whose maker's is further away than the column can hold. */
const LATEST = Date.UTC(2038, 0, 1) - 1;
/** Lets a caller revoke keys that can do more than they can: for those who have to act when one has leaked. */
const REVOKE = 'api-key:revoke';

/**
 * Keys: made, rotated, revoked, each recorded in the change log. Nobody gets hold of a key that can do more than their own
 * credentials, or works longer. Those are looked at anew, past all memory, and after the row: a row that is the same when
 * it is written was the same then, so that no key can rotate itself that was rotated meanwhile.
 */
@Injectable()
export class ApiKeyService {
  constructor(
    private readonly keys: ApiKeyRepository,
    private readonly verifier: KeyVerifier,
    private readonly changes: ChangeLog,
  ) {}

  async list(query: Readonly<Record<string, unknown>>, caller: Caller): Promise<Page<object>> {
    const list = parseListQuery({ sort: '-created_at', ...query }, API_KEY_FIELDS, MODULE, {
      without: ['count', 'include_deleted'],
    });
    const columns = API_KEY_FIELDS.all.map(({ name }) => name);
    const { rows, hasMore } = await this.keys.page({ ...list, columns }, caller.id);
    const last = hasMore ? rows.at(-1) : undefined;
    const data = rows.map((row) => {
      const whole = Object.entries(view(row)).filter(([name]) => list.fields.some((field) => field.name === name));
      return Object.fromEntries(whole);
    });
    const cursor = last && nextCursor(list, last as unknown as CrudEntity);
    return new Page(data, { limit: list.limit, ...(cursor !== undefined && { next_cursor: cursor }) });
  }

  /** @throws DomainError `not-found` */
  async get(id: string): Promise<ApiKeyView> {
    return view(await this.row(id));
  }

  /**
   * It ends with the credentials of its maker unless it says sooner.
   * @throws DomainError `forbidden`, `storage-budget-spent`, `validation-failed` for an end that has passed
   */
  async create(body: CreateApiKeyDto, by: ChangeAuthor): Promise<ApiKeyView> {
    const { name, scopes, expires_at: expires = null } = body;
    refuseMore(by.caller, scopes, `You can't give what you don't have`);
    const claims = claimsFor(by.caller, body.claims);
    // Rotating and revoking are never refused: they are what a leak is answered with.
    this.changes.refuseSpent(by.caller.id);
    const id = uuidv7();
    const key = makeKey(id);
    const row = await this.keys.atomically(async () => {
      const row: ApiKeyEntity = {
        id,
        name,
        digest: digestOf(key),
        previous_digest: null,
        previous_until: null,
        scopes: scopes.join(' '),
        claims: storedClaims(claims),
        created_at: now(),
        created_by: by.caller.id,
        expires_at: endOf(expires, await standingOf(by.caller)),
        revoked_at: null,
        last_used_at: null,
        version: 1,
      };
      await this.keys.insert(row);
      await this.record('created', null, row, by);
      return row;
    });
    return { ...view(row), key };
  }

  /** A new key in place of the old one, which works on for a while: the same caller, scopes and claims. */
  async rotate(id: string, { overlap_seconds: overlap }: RotateApiKeyDto, by: ChangeAuthor): Promise<ApiKeyView> {
    const key = makeKey(id);
    const row = await this.keys.atomically(async () => {
      const before = await this.live(id);
      const end = expiryOf(before);
      if (end <= Date.now()) throw notFound();
      refuseMore(by.caller, before.scopes.split(' '), 'This key may do what you may not');
      refuseClaims(by.caller, claimsIn(before.claims), 'This key is told from yours');
      refuseLonger(end, await standingOf(by.caller));
      const until = Math.min(end, Date.now() + (overlap ?? DAY_SECONDS) * 1000);
      const after = await this.keys.update(before, {
        digest: digestOf(key),
        previous_digest: before.digest,
        previous_until: new Date(until).toISOString(),
      });
      await this.record('updated', before, after, by);
      return after;
    });
    this.verifier.changed();
    return { ...view(row), key };
  }

  /** Ends a key for good, the old key of a rotation included. @throws DomainError `not-found` also of one that is revoked */
  async revoke(id: string, by: ChangeAuthor): Promise<void> {
    await this.keys.atomically(async () => {
      const before = await this.live(id);
      if (!by.caller.can(REVOKE)) {
        const why = `Without the scope ${REVOKE} you can't revoke what may do more`;
        refuseMore(by.caller, before.scopes.split(' '), why);
        refuseClaims(by.caller, claimsIn(before.claims), why);
      }
      await standingOf(by.caller);
      const after = await this.keys.update(before, { revoked_at: now() });
      await this.record('deleted', before, after, by);
    });
    this.verifier.changed();
  }

  private async live(id: string): Promise<ApiKeyEntity> {
    const row = await this.row(id);
    if (row.revoked_at !== null) throw notFound();
    return row;
  }

  private async row(id: string): Promise<ApiKeyEntity> {
    const row = isId(id) ? await this.keys.find(id) : null;
    if (!row) throw notFound();
    return row;
  }

  private record(op: ChangeOp, before: ApiKeyEntity | null, after: ApiKeyEntity, by: ChangeAuthor): Promise<void> {
    return this.changes.record(MODULE, [{ op, before: before && logged(before), after: logged(after), by }]);
  }
}

/** The log never has a digest: it is read by more people than the table. */
function logged(row: ApiKeyEntity): CrudEntity {
  const { id, version, created_at, revoked_at: deleted_at } = row;
  return { ...view(row), id, version, created_at, updated_at: now(), deleted_at };
}

function view(row: ApiKeyEntity): ApiKeyView {
  const { id, name, scopes, claims, created_at, created_by, expires_at, revoked_at, last_used_at, previous_until } =
    row;
  return {
    id,
    name,
    scopes: scopes.split(' '),
    claims: claimsIn(claims),
    created_at,
    created_by,
    expires_at,
    revoked_at,
    last_used_at,
    previous_until,
  };
}

/** @throws DomainError `forbidden` */
function refuseMore(caller: Caller, scopes: readonly string[], why: string): void {
  const more = scopes.filter((scope) => !caller.can(scope));
  if (more.length > 0) throw new DomainError('forbidden', `${why}: ${more.join(', ')}.`, { log: { why: 'scopes' } });
}

/** @throws DomainError `forbidden` */
function refuseLonger(end: number, { endsAt }: Standing): void {
  if (end <= endsAt) return;
  const detail = `Your own credentials end at ${instantOf(endsAt)}: no key that you get can work longer.`;
  throw new DomainError('forbidden', detail, { log: { why: 'end' } });
}

/** @throws DomainError `unauthenticated`, `forbidden` for a key that was rotated: whoever still has it owns it no more */
async function standingOf(caller: Caller): Promise<Standing> {
  const standing = await caller.standing();
  if (!standing || standing.endsAt <= Date.now()) throw unauthenticated({ why: 'ended' });
  if (!standing.isReplaced) return standing;
  const detail = 'This key was rotated, and works on for a while, but manages no keys: use the new one.';
  throw new DomainError('forbidden', detail, { log: { why: 'replaced' } });
}

/** The end of a new key: the one that is asked for, or the maker's own. */
function endOf(asked: string | null, own: Standing): string | null {
  if (asked === null) return own.endsAt === Infinity ? null : instantOf(own.endsAt);
  const end = parseInstant(asked)!;
  if (!(end > Date.now())) {
    const detail = '"expires_at" must be in the future.';
    const errors = [{ code: 'not-in-range', detail, pointer: '#/expires_at' }];
    throw new DomainError('validation-failed', detail, { errors });
  }
  refuseLonger(end, own);
  return new Date(end).toISOString();
}

function instantOf(ms: number): string {
  return new Date(Math.min(ms, LATEST)).toISOString();
}

function notFound(): DomainError {
  return new DomainError('not-found', 'There is no key with this id.');
}
