import { Injectable } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { Database } from '../database/database.js';
import { UniqueViolation } from '../database/sql-errors.js';

export interface Feed {
  readonly head: number;
  readonly min_seq: number;
  readonly epoch: string;
}

/** The last numbered change of each module. */
@Injectable()
export class FeedHeads {
  constructor(private readonly database: Database) {}

  /** The feed of a module; its first use begins it. */
  async get(module: string): Promise<Feed> {
    const sql = 'SELECT `head`, `min_seq`, `epoch` FROM `change_feed` WHERE `module` = ?';
    const [feed] = await this.database.query<Feed>(sql, [module]);
    if (feed) return feed;
    await this.begin(module);
    return this.get(module);
  }

  private async begin(module: string): Promise<void> {
    const sql = 'INSERT INTO `change_feed` (`module`, `head`, `min_seq`, `epoch`) VALUES (?, 0, 1, ?)';
    try {
      await this.database.execute(sql, [module, newEpoch()]);
    } catch (error) {
      if (!(error instanceof UniqueViolation)) throw error;
    }
  }
}

/** Tells one history of a feed from another. */
export function newEpoch(): string {
  return randomBytes(6).toString('hex');
}
