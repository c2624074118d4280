import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { padded } from '../database/padded.js';
import { FeedHeads, newEpoch, type Feed } from '../rows/feed-heads.js';
import type { ChangeEntity } from '../rows/change.entity.js';
import type { Position } from './position.js';

export interface Numbered extends Pick<Feed, 'head' | 'epoch'> {
  /** The number of changes that were numbered now. */
  readonly count: number;
  /** The highest id of those. */
  readonly lastId?: string | undefined;
}

/** The most changes that one transaction numbers: it has to be short. */
const NUMBERED_AT_ONCE = 256;
const MOST_COUNTED = 10_000;
const PENDING =
  'SELECT `id`, `resource_id`, `version` FROM `change_log` WHERE `module` = ? AND `seq` IS NULL ORDER BY `id`';

type Pending = Pick<ChangeEntity, 'id' | 'resource_id' | 'version'>;

@Injectable()
export class FeedRepository {
  constructor(
    private readonly database: Database,
    private readonly heads: FeedHeads,
  ) {}

  get(module: string): Promise<Feed> {
    return this.heads.get(module);
  }

  /**
   * Numbers what was committed and has no number yet. Any process may do it, without a leader: the feed's row is locked,
   * so the numbers that can be seen are always dense. What is not committed yet is not seen, and gets a later number.
   *
   * InnoDB shows a commit to others before it is on disk. A server that dies in between comes back without it, and the
   * number is given again, to another change: who was told of the first one would never hear of the second. A commit of
   * one's own that has returned is on disk, and so is all that it could see.
   * @param known a head that is known to be on disk; one that is further is, when this returns. Left out where nobody is told
   * @throws DomainError as a transaction does; then nothing is known of what is on disk
   */
  async number(module: string, known = Infinity): Promise<Numbered> {
    const [first] = this.isNumberedAlready ? [] : await this.database.query(`${PENDING} LIMIT 1`, [module]);
    const { head, epoch } = await this.get(module);
    // SQLite shows a commit when it is on disk.
    if (!first && (this.isNumberedAlready || head <= known)) return { count: 0, head, epoch };
    return this.database.transaction(async () => {
      const feed = await this.lock(module);
      const rows = await this.database.query<Pending>(`${PENDING} LIMIT ${NUMBERED_AT_ONCE}`, [module]);
      const head = feed.head + rows.length;
      if (rows.length > 0) await this.assign(inOrderOfEachRow(rows), feed.head);
      // A transaction that has written nothing is not waited for: this one has, and has taken it back.
      else await this.moveHead(module, head + 1);
      await this.moveHead(module, head);
      return { count: rows.length, lastId: rows.at(-1)?.id, head, epoch: feed.epoch };
    });
  }

  /** How many changes have no number yet, as far as that is worth counting. */
  async countUnnumbered(module: string): Promise<number> {
    if (this.isNumberedAlready) return 0;
    const some = 'SELECT 1 FROM `change_log` WHERE `module` = ? AND `seq` IS NULL';
    const sql = `SELECT COUNT(*) AS \`count\` FROM (${some} LIMIT ${MOST_COUNTED}) AS \`some\``;
    return (await this.database.query<{ count: number }>(sql, [module]))[0]!.count;
  }

  /**
   * Numbers everything that was committed before the call, in as many short transactions as that takes. It ends under
   * constant writes: what is committed during the call may be left, and the highest id from before bounds the work.
   * @param known as for `number`
   */
  async numberAll(module: string, known?: number): Promise<Numbered> {
    const [last] = this.isNumberedAlready
      ? []
      : await this.database.query<Pending>(`${PENDING} DESC LIMIT 1`, [module]);
    for (;;) {
      const numbered = await this.number(module, known);
      const { count, lastId } = numbered;
      if (!last || count < NUMBERED_AT_ONCE || lastId! >= last.id) return numbered;
    }
  }

  /**
   * Gives the feed a new epoch where a change that was told is lost, once however many ask. Looked at again under the lock:
   * behind a proxy a read may be of a replica that lags.
   * @param id of the change that was told at the position
   * @returns whether the feed has another epoch now
   */
  async renew(module: string, { epoch, seq }: Position, id: string | undefined): Promise<boolean> {
    return this.database.transaction(async () => {
      const feed = await this.lock(module);
      if (feed.epoch !== epoch) return true;
      const find = 'SELECT `id` FROM `change_log` WHERE `module` = ? AND `seq` = ?';
      const [change] = await this.database.query<Pick<ChangeEntity, 'id'>>(find, [module, seq]);
      const isOther = change !== undefined && id !== undefined && change.id !== id;
      if (feed.head >= seq && !isOther) return false;
      await this.database.execute('UPDATE `change_feed` SET `epoch` = ? WHERE `module` = ?', [newEpoch(), module]);
      return true;
    });
  }

  private async lock(module: string): Promise<Pick<Feed, 'head' | 'epoch'>> {
    const lock = this.isNumberedAlready ? '' : ' FOR UPDATE';
    const sql = `SELECT \`head\`, \`epoch\` FROM \`change_feed\` WHERE \`module\` = ?${lock}`;
    return (await this.database.query<Pick<Feed, 'head' | 'epoch'>>(sql, [module]))[0]!;
  }

  private get isNumberedAlready(): boolean {
    return this.database.engine === 'sqlite';
  }

  /** Numbers all rows in one statement. */
  private async assign(rows: readonly Pending[], head: number): Promise<void> {
    const pairs = padded(rows.map(({ id }, index) => [id, head + index + 1] as const));
    const cases = pairs.map(() => 'WHEN ? THEN ?').join(' ');
    const places = pairs.map(() => '?').join(', ');
    const sql = `UPDATE \`change_log\` SET \`seq\` = CASE \`id\` ${cases} END WHERE \`id\` IN (${places})`;
    await this.database.execute(sql, [...pairs.flat(), ...pairs.map(([id]) => id)]);
  }

  private async moveHead(module: string, head: number): Promise<void> {
    await this.database.execute('UPDATE `change_feed` SET `head` = ? WHERE `module` = ?', [head, module]);
  }
}

/**
 * Ids are made by clocks, which differ from process to process; the changes of one row are numbered in the order of its
 * versions. Each keeps the places that its row has, so that the rest stays as it is.
 */
export function inOrderOfEachRow(pending: readonly Pending[]): Pending[] {
  const result = [...pending];
  const places = Map.groupBy(pending.keys(), (index) => pending[index]!.resource_id);
  for (const indexes of places.values()) {
    if (indexes.length === 1) continue;
    const sorted = indexes.map((index) => pending[index]!).sort((a, b) => a.version - b.version);
    indexes.forEach((index, at) => (result[index] = sorted[at]!));
  }
  return result;
}
