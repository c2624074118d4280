import { Injectable } from '@nestjs/common';
import { CallerTraces } from '../erasure/caller-traces.js';
import { Counts } from '../erasure/counts.js';
import { Found } from '../erasure/found.js';
import { KeptTextsRepository } from '../erasure/kept-texts.repository.js';
import { KEYS, KeysOfSubject } from '../erasure/keys-of-subject.js';
import { RowEraser, type Judge } from '../erasure/row-eraser.js';
import type { SubjectModel } from '../erasure/subject-model.js';
import { SubjectModels } from '../erasure/subject-models.js';
import { SubjectRepository } from '../erasure/subject.repository.js';
import type { Erasing } from '../erasure/task.js';
import type { ErasureEntity } from './erasure.entity.js';
import type { LedgerFile } from './ledger-file.js';
import { Ledger } from './ledger.js';
import { LedgerRepository } from './ledger.repository.js';

const ALL = () => true;
const NOTHING = () => Promise.resolve();

/**
 * Erases again, by their ids, the rows that a restored backup has brought back: what they were up to the version that was erased,
 * whomever they were about then. Nobody knows the subject any more.
 */
@Injectable()
export class Replay {
  constructor(
    private readonly ledger: Ledger,
    private readonly entries: LedgerRepository,
    private readonly models: SubjectModels,
    private readonly subjects: SubjectRepository,
    private readonly rows: RowEraser,
    private readonly texts: KeptTextsRepository,
    private readonly keys: KeysOfSubject,
    private readonly callers: CallerTraces,
  ) {}

  /**
   * Can be run again after a crash.
   * @returns how many entries were missing in the database
   * @throws Error for a module that the application does not have, or that is about nobody any more
   */
  async run(outside: LedgerFile): Promise<number> {
    let count = 0;
    for await (const part of this.ledger.undone(outside)) {
      for (const entry of part) {
        await this.apply(entry);
        // There may have been nothing to erase.
        if ((await this.entries.missing([entry])).length > 0) await this.entries.insert(entry);
        count++;
      }
    }
    return count;
  }

  private async apply(entry: ErasureEntity): Promise<void> {
    const { module, row_id: id, how, token } = entry;
    const task = { token, isDry: false, counts: new Counts(), note: () => this.entries.insert(entry), save: NOTHING };
    if (module === 'changes') return this.callers.actor(id, task);
    if (module === KEYS && how === 'actor') return this.keys.eraseMaker(id, ALL, task);
    if (module === KEYS) return this.keys.eraseHolder(id, ALL, task);
    const model = this.models.find(module);
    if (!model) throw new Error(`The ledger has rows of ${module}, which has no @Subject() in this application.`);
    await this.row(model, entry, task);
  }

  private async row(model: SubjectModel, { row_id: id, version }: ErasureEntity, task: Erasing): Promise<void> {
    const isToGo: Judge = (snapshot) => (snapshot.version as number) <= version;
    const records = await this.subjects.recordsOf(model.name, id);
    const found = new Found(task.token, (_model, members) => members.version === undefined || isToGo(members));
    for await (const { snapshot } of this.subjects.snapshots(records))
      if (isToGo(snapshot)) found.add(model, id, snapshot);
    await this.texts.cleanAnswers(found, false);
    await this.texts.cleanJobErrors(found, false);
    await this.texts.cleanSetAside(model.name, id, false);
    for (const record of records) await this.rows.record(model, record, isToGo, task);
    await this.rows.row(model, id, isToGo, task);
  }
}
