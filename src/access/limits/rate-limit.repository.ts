import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database.js';
import type { Row } from '../../database/session.js';

/** Requests for somebody in one minute; or what they have stored in a day, by its last minute. */
export interface Counted {
  /** SHA-256 of the kind of limit and of whom it counts, base64url. */
  readonly id: string;
  /** Minutes since 1970. */
  readonly minute: number;
  readonly requests: number;
}

@Injectable()
export class RateLimitRepository {
  /** A statement has places for so many: few shapes are prepared. */
  static readonly AT_ONCE = 50;

  constructor(private readonly database: Database) {}

  /** Adds what one process has counted. @param counts `AT_ONCE` at most */
  async add(counts: readonly Counted[]): Promise<void> {
    // With nothing more for the last one.
    const places = padded(counts, { ...counts.at(-1)!, requests: 0 });
    const merge =
      this.database.engine === 'sqlite'
        ? 'ON CONFLICT (`id`, `minute`) DO UPDATE SET `requests` = `requests` + excluded.`requests`'
        : 'ON DUPLICATE KEY UPDATE `requests` = `requests` + VALUES(`requests`)';
    const rows = places.map(() => '(?, ?, ?)').join(', ');
    await this.database.execute(
      `INSERT INTO \`rate_limit\` (\`id\`, \`minute\`, \`requests\`) VALUES ${rows} ${merge}`,
      places.flatMap(({ id, minute, requests }) => [id, minute, requests]),
    );
  }

  /** Reads the counts of all processes from a minute on. @param ids `AT_ONCE` at most */
  totals(ids: readonly string[], minute: number): Promise<Counted[]> {
    const places = padded(ids, ids.at(-1)!);
    return this.database.query<Counted & Row>(
      `SELECT \`id\`, \`minute\`, \`requests\` FROM \`rate_limit\` WHERE \`id\` IN (${places.map(() => '?').join(', ')}) AND \`minute\` >= ?`,
      [...places, minute],
    );
  }

  /** @returns how many were forgotten, at most 500 */
  prune(before: number): Promise<number> {
    const limit = this.database.engine === 'sqlite' ? '' : ' LIMIT 500';
    return this.database.execute(`DELETE FROM \`rate_limit\` WHERE \`minute\` < ?${limit}`, [before]);
  }
}

function padded<T>(values: readonly T[], last: T): T[] {
  return Array.from({ length: RateLimitRepository.AT_ONCE }, (_, at) => values[at] ?? last);
}
