import { Injectable, Logger } from '@nestjs/common';
import { PLAIN_TEXT, pseudonymOf } from '../../fields/pseudonym.js';
import { ApiKeyRepository } from '../../access/keys/api-key.repository.js';
import type { ApiKeyEntity } from '../../access/keys/api-key.entity.js';
import { claimsIn, storedClaims, type Claims } from '../../access/keys/claims.js';
import { Database } from '../../database/database.js';
import { now } from '../../runtime/instant.js';
import { SubjectRepository } from './subject.repository.js';
import type { Erasing } from './task.js';

/** The module under which the log and the ledger have keys. */
export const KEYS = 'api-key';

type Named = Pick<ApiKeyEntity, 'name' | 'created_by'> & { readonly claims: Claims };
type IsTheirs = (value: unknown) => boolean;

/** API keys that name a subject: whose they are, by their name or a claim; or who made them. */
@Injectable()
export class KeysOfSubject {
  private readonly logger = new Logger('Privacy');

  constructor(
    private readonly database: Database,
    private readonly keys: ApiKeyRepository,
    private readonly subjects: SubjectRepository,
  ) {}

  async find(isTheirs: IsTheirs): Promise<ApiKeyEntity[]> {
    const found: ApiKeyEntity[] = [];
    for await (const key of this.keys.all())
      if (isTheirs(key.created_by) || isHeldBy({ ...key, claims: claimsIn(key.claims) }, isTheirs)) found.push(key);
    return found;
  }

  async erase(key: ApiKeyEntity, isTheirs: IsTheirs, task: Erasing): Promise<void> {
    if (isTheirs(key.created_by)) await this.eraseMaker(key.id, isTheirs, task);
    if (isHeldBy({ ...key, claims: claimsIn(key.claims) }, isTheirs)) await this.eraseHolder(key.id, isTheirs, task);
  }

  async eraseMaker(id: string, isTheirs: IsTheirs, { token, note }: Erasing): Promise<void> {
    const created_by = pseudonymOf(PLAIN_TEXT, token);
    await this.rewrite(id, (row) => (isTheirs(row.created_by) ? { ...row, created_by } : row));
    await this.database.transaction(async () => {
      const before = await this.keys.find(id);
      if (!before) return;
      await this.keys.update(before, { created_by });
      await note({ module: KEYS, row_id: id, version: 0, how: 'actor' });
    });
  }

  /** The key is revoked as well: by its claims its holder would see rows that are a pseudonym's from now on. */
  async eraseHolder(id: string, isTheirs: IsTheirs, { token, note }: Erasing): Promise<void> {
    const name = pseudonymOf(PLAIN_TEXT, token);
    const claimsOf = (claims: Claims): Claims =>
      Object.fromEntries(Object.entries(claims).map(([claim, value]) => [claim, isTheirs(value) ? name : value]));
    await this.rewrite(id, (row) => ({ ...row, name, claims: claimsOf(row.claims) }));
    await this.database.transaction(async () => {
      const before = await this.keys.find(id);
      if (!before) return;
      const claims = storedClaims(claimsOf(claimsIn(before.claims)));
      await this.keys.update(before, { name, claims, revoked_at: before.revoked_at ?? now() });
      await note({ module: KEYS, row_id: id, version: 0, how: 'replaced' });
    });
    this.logger.warn(`Key ${id} was of a subject that is erased, and is revoked`);
  }

  private async rewrite(id: string, erased: (row: Named) => Named): Promise<void> {
    const cleaned = (text: string): string => JSON.stringify(erased(JSON.parse(text) as Named));
    for (const one of await this.subjects.recordsOf(KEYS, id)) {
      await this.database.transaction(async () => {
        const record = await this.subjects.record(one);
        if (record) await this.subjects.rewrite(one, record.before && cleaned(record.before), cleaned(record.after));
      });
    }
  }
}

function isHeldBy({ name, claims }: Named, isTheirs: IsTheirs): boolean {
  return [name, ...Object.values(claims)].some(isTheirs);
}
