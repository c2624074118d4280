import { Injectable } from '@nestjs/common';
import { systemContext } from '../../access/system-context.js';
import { Database } from '../../database/database.js';
import { ChangeLog, type RowChange } from '../../rows/change-log.js';
import type { CrudEntity } from '../../rows/crud.entity.js';
import { now } from '../../runtime/instant.js';
import type { Tally } from './counts.js';
import { KeptTextsRepository } from './kept-texts.repository.js';
import type { Snapshot, SubjectModel } from './subject-model.js';
import { SubjectRepository, type ChangeRecord } from './subject.repository.js';
import type { Erasing } from './task.js';

/** Whether a row, or a record of what it was, is to be erased. */
export type Judge = (snapshot: Snapshot) => boolean;

/** Erases one row, or one record of it, in a small transaction each. */
@Injectable()
export class RowEraser {
  constructor(
    private readonly database: Database,
    private readonly subjects: SubjectRepository,
    private readonly changes: ChangeLog,
    private readonly texts: KeptTextsRepository,
  ) {}

  /**
   * Its values are replaced, or it is removed, as the fields say. The row gets a version and a change more, so that caches and
   * watchers know. The team's own rule (`check`) is not asked.
   */
  async row(model: SubjectModel, id: string, isToGo: Judge, task: Erasing): Promise<void> {
    await this.counted(model, task, async () => {
      const row = await this.subjects.lock(model, id);
      if (!row || !isToGo(row as unknown as Snapshot) || (!model.isRemoved && model.isErased(row))) return undefined;
      const errors = await this.texts.cleanSetAside(model.name, id, task.isDry);
      if (task.isDry) return { rows: 1, errors };
      await this.write(model, row, task);
      const how = model.isRemoved ? 'removed' : 'replaced';
      await task.note({ module: model.name, row_id: id, version: row.version, how });
      return { rows: 1, errors };
    });
  }

  /** Puts what is left of the row before and after into a record; its number, its version and all else stay. */
  async record(model: SubjectModel, id: string, isToGo: Judge, task: Erasing): Promise<void> {
    const look = async () => {
      const record = await this.subjects.record(id);
      return record && rewrite(model, record, isToGo, task.token);
    };
    // Most have nothing of it.
    if (!(await look())) return;
    await this.counted(model, task, async () => {
      const rewritten = await look();
      if (rewritten && !task.isDry) await this.subjects.rewrite(id, rewritten.before, rewritten.after);
      return rewritten && { changes: 1 };
    });
  }

  /** A row that is about somebody else now, or gone, and whose records are erased. @param version the last that is */
  async past({ name }: SubjectModel, id: string, version: number, { isDry, counts, note }: Erasing): Promise<void> {
    if (!isDry) await note({ module: name, row_id: id, version, how: 'past' });
    counts.add(name, 'errors', await this.texts.cleanSetAside(name, id, isDry));
  }

  /** Commits what a step does together with its count, so that a crash neither forgets any nor counts it twice. */
  private async counted({ name }: SubjectModel, { counts, save }: Erasing, step: () => Promise<Tally | undefined>) {
    const tally = await this.database.transaction(async () => {
      const found = await step();
      if (found) await save(name, counts.with(name, found));
      return found;
    });
    if (tally) counts.addAll(name, tally);
  }

  private async write(model: SubjectModel, before: CrudEntity, { token }: Erasing): Promise<void> {
    const at = now();
    const was = model.erased(before, before.id, token);
    const after = { ...was, version: before.version + 1, updated_at: at };
    const by = systemContext('privacy');
    let change: RowChange = { op: 'erased', before: null, after, by };
    if (model.isRemoved) {
      await this.subjects.remove(model, before);
      change = { ...change, before: was, after: { ...after, deleted_at: at } };
    } else await this.subjects.replace(model, before, after);
    await this.changes.record(model.name, [change]);
  }
}

interface Rewritten {
  readonly before: string | null;
  readonly after: string;
}

/** Undefined where there is nothing to erase. */
function rewrite(model: SubjectModel, record: ChangeRecord, isToGo: Judge, token: string): Rewritten | undefined {
  const cleaned = <T extends string | null>(text: T): T => {
    const snapshot = text === null ? null : (JSON.parse(text) as Snapshot);
    if (!snapshot || !isToGo(snapshot) || model.isErased(snapshot)) return text;
    return JSON.stringify(model.erased(snapshot, record.resource_id, token)) as T;
  };
  const { before, after } = record;
  const rewritten = { before: cleaned(before), after: cleaned(after) };
  return rewritten.before === before && rewritten.after === after ? undefined : rewritten;
}
