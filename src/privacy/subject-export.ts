import { Injectable } from '@nestjs/common';
import { API_KEY_FIELDS } from '../access/keys/api-key.dto.js';
import { claimsIn } from '../access/keys/claims.js';
import { ndjsonLine } from '../crud/export/ndjson.js';
import type { CrudEntity } from '../rows/crud.entity.js';
import { toInstant } from '../runtime/instant.js';
import { actorsOf } from './erasure/caller-traces.js';
import { KeysOfSubject } from './erasure/keys-of-subject.js';
import type { Snapshot, SubjectModel } from './erasure/subject-model.js';
import { SubjectModels } from './erasure/subject-models.js';
import { SubjectRepository, type ChangeRecord } from './erasure/subject.repository.js';

/**
 * All that there is of a subject, a line for each row, change and key. Of a row all members that anybody may read: what is only
 * written, such as a password, is sent to nobody, not to its subject either. Who made a change is told where it was the subject.
 */
@Injectable()
export class SubjectExport {
  constructor(
    private readonly models: SubjectModels,
    private readonly subjects: SubjectRepository,
    private readonly keys: KeysOfSubject,
  ) {}

  /** One row, or one change, is in memory at a time beside a page of them. */
  async *lines(subject: string): AsyncGenerator<string> {
    for (const model of this.models.all) yield* this.ofModule(model, subject);
    const actors = actorsOf(subject);
    const isTheirs = (value: unknown) => actors.includes(value as string);
    for (const key of await this.keys.find(isTheirs)) {
      const row = { ...key, scopes: key.scopes.split(' '), claims: claimsIn(key.claims) } as Record<string, unknown>;
      yield line('key', 'api-key', Object.fromEntries(API_KEY_FIELDS.all.map(({ name }) => [name, row[name]])));
    }
    for (const actor of actors)
      for await (const { module, resource_id, version, op, at } of this.subjects.actsOf(actor))
        yield line('act', module, { id: resource_id, version, op, at: toInstant(at) });
  }

  private async *ofModule(model: SubjectModel, subject: string): AsyncGenerator<string> {
    const { name } = model;
    for await (const rows of this.subjects.rows(model, subject)) {
      for (const row of rows) {
        yield line('row', name, shown(model, row));
        for (const id of await this.subjects.recordsOf(name, row.id)) {
          const record = await this.subjects.record(id);
          if (record) yield change(model, record, subject, (snapshot) => model.namesNobody(snapshot));
        }
      }
    }
    for await (const ids of this.subjects.recordsNaming(model, subject)) {
      for (const id of ids) {
        const record = await this.subjects.record(id);
        if (record) yield change(model, record, subject, (snapshot) => model.isAbout(snapshot, subject));
      }
    }
  }
}

function shown({ crud }: SubjectModel, row: Snapshot | CrudEntity): object {
  return crud.project(row as CrudEntity, crud.fields.for(() => true).all);
}

/** Empty for a change that is not about the subject. */
function change(
  model: SubjectModel,
  record: ChangeRecord,
  subject: string,
  isTheirs: (row: Snapshot) => boolean,
): string {
  const [before, after] = [record.before, record.after].map((text) => {
    const snapshot = text === null ? null : (JSON.parse(text) as Snapshot);
    return snapshot && isTheirs(snapshot) ? shown(model, snapshot) : null;
  });
  if (!before && !after) return '';
  const { resource_id: id, version, op, at, actor } = record;
  const by = actorsOf(subject).includes(actor) ? { actor } : {};
  return line('change', model.name, { id, version, op, at: toInstant(at), ...by, before, after });
}

function line(kind: string, module: string, data: object): string {
  return ndjsonLine([], { kind, module, data });
}
