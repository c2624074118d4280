import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { ErasureEntity } from './erasure.entity.js';

const READ_AT_ONCE = 500;
const TEXTS = ['id', 'operation', 'module', 'row_id', 'how', 'token', 'at'] as const;

/** A ledger outside of the database, which a restored backup does not take back: one entry a line, as JSON. */
export class LedgerFile {
  constructor(readonly path: string) {}

  /** In parts; nothing where there is no such file. @throws Error naming a line that is no entry */
  async *entries(): AsyncGenerator<ErasureEntity[]> {
    let part: ErasureEntity[] = [];
    let line = 0;
    try {
      for await (const text of createInterface({ input: createReadStream(this.path), crlfDelay: Infinity })) {
        line++;
        // A crash may have cut one off, which then is in the database, and written again.
        if (text.endsWith('}')) part.push(entryOf(text) ?? fail(`${this.path}:${line} is no entry of a ledger.`));
        if (part.length < READ_AT_ONCE) continue;
        yield part;
        part = [];
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    if (part.length > 0) yield part;
  }

  /** On disk when this returns. */
  async append(entries: readonly ErasureEntity[]): Promise<void> {
    const file = await open(this.path, 'a', 0o600);
    try {
      // On a line of its own, whatever a crash has left of the one before.
      await file.write(`\n${entries.map(lineOf).join('')}`);
      await file.sync();
    } finally {
      await file.close();
    }
  }
}

export function lineOf(entry: ErasureEntity): string {
  return `${JSON.stringify(Object.fromEntries([...TEXTS, 'version' as const].map((name) => [name, entry[name]])))}\n`;
}

function entryOf(text: string): ErasureEntity | undefined {
  try {
    const entry = JSON.parse(text) as ErasureEntity;
    return TEXTS.every((name) => typeof entry[name] === 'string') && Number.isInteger(entry.version)
      ? entry
      : undefined;
  } catch {
    return undefined;
  }
}

function fail(message: string): never {
  throw new Error(message);
}
