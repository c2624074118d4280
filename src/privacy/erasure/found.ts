import { valueOf } from '../../crud/crud.model.js';
import type { CrudEntity } from '../../rows/crud.entity.js';
import type { Snapshot, SubjectModel } from './subject-model.js';

/** Shorter texts are met everywhere, and tell nothing by themselves. */
const SHORTEST = 3;

type Members = Readonly<Record<string, unknown>>;

/** Rows and values that are erased together, and are looked for where a table does not say whose its texts are. */
export class Found {
  private readonly rows = new Map<string, Set<SubjectModel>>();
  /** Texts, and what is put in their place. */
  private readonly values = new Map<string, string | null>();

  /** @param isTheirs whether a representation of one of the rows, which may lack any member, is of when it was about the subject */
  constructor(
    private readonly token: string,
    private readonly isTheirs: (model: SubjectModel, members: Snapshot) => boolean,
  ) {}

  get isEmpty(): boolean {
    return this.rows.size === 0;
  }

  /** A row that is about the subject, as it is or was. */
  add(model: SubjectModel, id: string, snapshot: Snapshot): void {
    const models = this.rows.get(id) ?? new Set();
    this.rows.set(id, models.add(model));
    const erased = model.erased(snapshot, id, this.token);
    for (const { name, type } of model.fields) {
      if (type === 'string' || type === 'text') this.addText(snapshot[name], (erased[name] ?? null) as string | null);
      else if (type === 'json' || type === 'list') for (const text of textsIn(snapshot[name])) this.addText(text, null);
    }
    for (const field of model.derived) this.addText(valueOf(field, snapshot as unknown as CrudEntity), null);
  }

  /** The same value where there was nothing to erase. */
  cleaned(value: unknown): unknown {
    if (typeof value === 'string') return this.values.has(value) ? this.values.get(value) : value;
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value))
      return this.same(
        value,
        value.map((one) => this.cleaned(one)),
      );
    const members = value as Members;
    const own = this.erased(members);
    const after = Object.fromEntries(Object.entries(own).map(([name, one]) => [name, this.cleaned(one)]));
    return own === members ? this.same(members, after) : after;
  }

  /** Whether a text for people has one of the values in it. */
  isIn(text: string): boolean {
    return [...this.values.keys()].some((value) => text.includes(value));
  }

  private addText(value: unknown, instead: string | null): void {
    if (typeof value === 'string' && value.length >= SHORTEST && value !== instead) this.values.set(value, instead);
  }

  /** A representation of one of the rows, which may have some of its members only. */
  private erased(members: Members): Members {
    const id = members.id;
    const models = typeof id === 'string' ? this.rows.get(id) : undefined;
    let own = members;
    for (const model of models ?? []) {
      if (!this.isTheirs(model, own)) continue;
      if (model.isErased(own) && !model.derived.some(({ name }) => own[name] !== undefined)) continue;
      const erased = { ...model.erased(own, id as string, this.token) } as Record<string, unknown>;
      for (const { name } of model.derived) Reflect.deleteProperty(erased, name);
      own = erased;
    }
    return own;
  }

  private same<T extends object>(before: T, after: T): T {
    const keys = Object.keys(before) as (keyof T)[];
    return keys.every((key) => before[key] === after[key]) ? before : after;
  }
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
