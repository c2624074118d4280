import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database.js';

/** What one process has counted, and what all of them have. */
export interface Tally {
  /** SHA-256 of the kind of limit and of whom it counts, base64url. */
  readonly id: string;
  readonly requests: number;
}

/** A statement has places for so many: few shapes are prepared. */
const AT_ONCE = 50;

@Injectable()
export class RateLimitRepository {
  constructor(private readonly database: Database) {}

  /** Adds to the counts of a minute. @returns those of the same ids by all processes */
  async add(minute: number, tallies: readonly Tally[]): Promise<Tally[]> {
    const all: Tally[] = [];
    // In one order for all processes, so that none waits for another in a circle.
    const sorted = [...tallies].sort((a, b) => (a.id < b.id ? -1 : 1));
    for (let at = 0; at < sorted.length; at += AT_ONCE)
      all.push(...(await this.addSome(minute, sorted.slice(at, at + AT_ONCE))));
    return all;
  }

  /** @returns how many were forgotten, at most 500 */
  prune(before: number): Promise<number> {
    const limit = this.database.engine === 'sqlite' ? '' : ' LIMIT 500';
    return this.database.execute(`DELETE FROM \`rate_limit\` WHERE \`minute\` < ?${limit}`, [before]);
  }

  private async addSome(minute: number, tallies: readonly Tally[]): Promise<Tally[]> {
    // Padded with nothing more for the last one.
    const padded = Array.from({ length: AT_ONCE }, (_, at) => tallies[at] ?? { id: tallies.at(-1)!.id, requests: 0 });
    const merge =
      this.database.engine === 'sqlite'
        ? 'ON CONFLICT (`id`, `minute`) DO UPDATE SET `requests` = `requests` + excluded.`requests`'
        : 'ON DUPLICATE KEY UPDATE `requests` = `requests` + VALUES(`requests`)';
    const rows = padded.map(() => '(?, ?, ?)').join(', ');
    await this.database.execute(
      `INSERT INTO \`rate_limit\` (\`id\`, \`minute\`, \`requests\`) VALUES ${rows} ${merge}`,
      padded.flatMap(({ id, requests }) => [id, minute, requests]),
    );
    const places = padded.map(() => '?').join(', ');
    return this.database.query<Tally & Record<string, never>>(
      `SELECT \`id\`, \`requests\` FROM \`rate_limit\` WHERE \`minute\` = ? AND \`id\` IN (${places})`,
      [minute, ...padded.map(({ id }) => id)],
    );
  }
}
