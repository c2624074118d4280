import { Injectable } from '@nestjs/common';
import type { CrudEntity } from '../../rows/crud.entity.js';
import { CallerTraces } from './caller-traces.js';
import { Found } from './found.js';
import { KeptTextsRepository } from './kept-texts.repository.js';
import { RowEraser, type Judge } from './row-eraser.js';
import type { Snapshot, SubjectModel } from './subject-model.js';
import { SubjectModels } from './subject-models.js';
import { SubjectRepository } from './subject.repository.js';
import type { Task } from './task.js';

/** For so long answers are kept, and an hour more for those who forget them. */
const ANSWERS_KEPT_MS = 25 * 3_600_000;

/**
 * Erases a subject everywhere, step by step. What a crash has left is found by the same search again: nothing that is erased is
 * about the subject any more, or it is known by its values.
 */
@Injectable()
export class Eraser {
  constructor(
    private readonly models: SubjectModels,
    private readonly subjects: SubjectRepository,
    private readonly rows: RowEraser,
    private readonly texts: KeptTextsRepository,
    private readonly callers: CallerTraces,
  ) {}

  async erase(task: Task): Promise<void> {
    for (const model of this.models.all) {
      for await (const rows of this.subjects.rows(model, task.subject)) {
        const left = model.isRemoved ? rows : await this.withSomethingLeft(model, rows);
        await this.eraseRows(model, left, task);
        task.step();
      }
      for await (const ids of this.subjects.recordsNaming(model, task.subject)) await this.erasePast(model, ids, task);
      task.step();
    }
    await this.callers.erase(task);
  }

  /** Rows whose values, or records of what they were, are not erased yet. */
  private async withSomethingLeft(model: SubjectModel, rows: readonly CrudEntity[]): Promise<CrudEntity[]> {
    const left: CrudEntity[] = [];
    for (const row of rows) if (!model.isErased(row) || (await this.hasUnnamed(model, row.id))) left.push(row);
    return left;
  }

  private async eraseRows(model: SubjectModel, rows: readonly CrudEntity[], task: Task): Promise<void> {
    if (rows.length === 0) return;
    const isToGo: Judge = (snapshot) => model.isAbout(snapshot, task.subject);
    const found = foundOf(task);
    for (const row of rows) {
      found.add(model, row.id, row as unknown as Snapshot);
      await this.addRecent(found, model, row.id, isToGo);
    }
    const begunAt = new Date(Date.now() - 60_000).toISOString();
    // First: afterwards nobody knows the values any more.
    await this.cleanTexts(model, found, task);
    for (const { id } of rows) {
      for (const record of await this.subjects.recordsOf(model.name, id))
        await this.rows.record(model, record, (snapshot) => namesNobody(model, snapshot), task);
      await this.rows.row(model, id, isToGo, task);
      task.step();
    }
    // Answers to writes that were under way.
    if (!task.isDry) await this.cleanTexts(model, found, task, begunAt);
  }

  /** Records of rows that may be about somebody else now, or gone. */
  private async erasePast(model: SubjectModel, ids: readonly string[], task: Task): Promise<void> {
    const isToGo: Judge = (snapshot) => model.isAbout(snapshot, task.subject);
    const found = foundOf(task);
    const noted = new Map<string, number>();
    for await (const { row, snapshot } of this.subjects.snapshots(ids)) {
      if (!isToGo(snapshot) || model.isErased(snapshot)) continue;
      found.add(model, row, snapshot);
      noted.set(row, Math.max(noted.get(row) ?? 0, snapshot.version as number));
    }
    if (found.isEmpty) return;
    await this.cleanTexts(model, found, task);
    for (const [row, version] of noted) await this.rows.past(model, row, version, task);
    for (const id of ids) await this.rows.record(model, id, isToGo, task);
    task.step();
  }

  /** What it was lately may be in an answer that is kept. */
  private async addRecent(found: Found, model: SubjectModel, id: string, isToGo: Judge): Promise<void> {
    const since = new Date(Date.now() - ANSWERS_KEPT_MS).toISOString();
    for await (const { snapshot } of this.subjects.snapshots(await this.subjects.recordsOf(model.name, id, since)))
      if (isToGo(snapshot) || namesNobody(model, snapshot)) found.add(model, id, snapshot);
  }

  private async hasUnnamed(model: SubjectModel, id: string): Promise<boolean> {
    for await (const { snapshot } of this.subjects.snapshots(await this.subjects.recordsOf(model.name, id)))
      if (namesNobody(model, snapshot) && !model.isErased(snapshot)) return true;
    return false;
  }

  private async cleanTexts({ name }: SubjectModel, found: Found, { isDry, counts }: Task, since?: string) {
    counts.add(name, 'answers', await this.texts.cleanAnswers(found, isDry, since));
    counts.add(name, 'errors', await this.texts.cleanJobErrors(found, isDry));
  }
}

function foundOf({ token, subject }: Task): Found {
  return new Found(token, (model, members) => {
    // The answers of one resource may have had the pseudonym of another one put into them.
    const isReplaced = String(members[model.subject]).includes(token);
    return isReplaced || namesNobody(model, members) || model.isAbout(members, subject);
  });
}

/** A record from before the member that says whom a row is about was declared. */
function namesNobody({ subject }: SubjectModel, snapshot: Snapshot): boolean {
  return snapshot[subject] === undefined;
}
