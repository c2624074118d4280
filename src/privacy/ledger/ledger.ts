import { Injectable } from '@nestjs/common';
import { Config } from '../../config/config.js';
import type { ErasureEntity } from './erasure.entity.js';
import { LedgerFile } from './ledger-file.js';
import { LedgerRepository } from './ledger.repository.js';

/** The ledger in the database, and the one outside that tells whether the database was restored from before an erasure. */
@Injectable()
export class Ledger {
  readonly outside: LedgerFile | undefined;

  constructor(
    private readonly inside: LedgerRepository,
    { privacy }: Config,
  ) {
    if (privacy.ledger !== null) this.outside = new LedgerFile(privacy.ledger);
  }

  /** Writes outside what only the database has. One process does it at a time. */
  async copyOut(): Promise<void> {
    const { outside } = this;
    if (!outside) return;
    const known = new Set<string>();
    for await (const part of outside.entries()) for (const { id } of part) known.add(id);
    for await (const part of this.inside.all()) {
      const entries = part.filter(({ id }) => !known.has(id));
      if (entries.length > 0) await outside.append(entries);
    }
  }

  /** Entries that are there again, because the database is a restored one. @param outside where it is known */
  async *undone(outside = this.outside): AsyncGenerator<ErasureEntity[]> {
    for await (const part of outside?.entries() ?? []) {
      const missing = await this.inside.missing(part);
      if (missing.length > 0) yield missing;
    }
  }
}
