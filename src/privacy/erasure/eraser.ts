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
        await this.eraseRows(model, rows, task);
        task.step();
      }
      for await (const ids of this.subjects.recordsNaming(model, task.subject)) await this.erasePast(model, ids, task);
      task.step();
    }
    await this.callers.erase(task);
  }

  private async eraseRows(model: SubjectModel, rows: readonly CrudEntity[], task: Task): Promise<void> {
    const isToGo: Judge = (snapshot) => model.isAbout(snapshot, task.subject);
    const found = foundOf(task);
    const left: string[] = [];
    for (const row of rows) {
      const hasUnnamed = await this.addUnnamed(found, model, row.id);
      if (!hasUnnamed && !model.isRemoved && model.isErased(row)) continue;
      found.add(model, row.id, row as unknown as Snapshot);
      left.push(row.id);
    }
    if (left.length === 0) return;
    const begunAt = new Date(Date.now() - 60_000).toISOString();
    // First: afterwards nobody knows the values any more.
    await this.cleanTexts(model, found, task);
    for (const id of left) {
      for (const record of await this.subjects.recordsOf(model.name, id))
        await this.rows.record(model, record, (snapshot) => model.namesNobody(snapshot), task);
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

  /** Records of a row from before the member that says whom it is about: they are about whom it is about now. */
  private async addUnnamed(found: Found, model: SubjectModel, id: string): Promise<boolean> {
    let hasSome = false;
    for await (const { snapshot } of this.subjects.snapshots(await this.subjects.recordsOf(model.name, id))) {
      if (!model.namesNobody(snapshot) || model.isErased(snapshot)) continue;
      found.add(model, id, snapshot);
      hasSome = true;
    }
    return hasSome;
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
    return isReplaced || model.namesNobody(members) || model.isAbout(members, subject);
  });
}
