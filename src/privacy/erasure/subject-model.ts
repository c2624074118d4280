import { createHash } from 'node:crypto';
import { fieldOf } from '../../fields/field.decorator.js';
import type { Erasure, Field } from '../../fields/field.js';
import { isPseudonym, pseudonymOf } from '../../fields/pseudonym.js';
import type { CrudModel } from '../../crud/crud.model.js';
import type { CrudEntity, EntityClass } from '../../rows/crud.entity.js';

/** A row, or a record of what it was. */
export type Snapshot = Readonly<Record<string, unknown>>;

/** A resource whose rows are about somebody: which of its values are erased, and how. */
export class SubjectModel {
  readonly name: string;
  readonly resource: EntityClass;
  /** Whether a row goes as a whole, because one of its values can be neither null nor another one. */
  readonly isRemoved: boolean;
  private readonly erasures: ReadonlyMap<Field, Erasure>;
  /** Fields without a column that are worked out from what is erased. */
  readonly derived: readonly Field[];
  private distinct: ReadonlySet<string> = new Set();

  /**
   * @param subject the member that says whom a row is about
   * @throws TypeError for a subject that can't be erased
   */
  constructor(
    readonly crud: CrudModel,
    readonly subject: string,
  ) {
    const { name, resource, fields } = crud;
    this.name = name;
    this.resource = resource;
    // The model has refused all but strings and references.
    const field = fields.find(subject)!;
    const personal = fields.all.flatMap((one): [Field, Erasure][] => (one.erase ? [[one, one.erase]] : []));
    const own = subject === 'id' || field.type === 'reference' ? undefined : erasureOfSubject(field, resource.name);
    this.erasures = new Map([...personal, ...(own ? [[field, own] as const] : [])]);
    this.isRemoved = [...this.erasures.values()].includes('row');
    const names = new Set([...this.erasures.keys()].map((one) => one.name));
    this.derived = fields.all.filter(({ options }) => options.derived?.from.some((column) => names.has(column)));
  }

  /** @param columns in which two rows may not have the same: those get pseudonyms of their own */
  keepDistinct(columns: readonly string[]): void {
    this.distinct = new Set(columns.filter((name) => name !== this.subject));
  }

  get fields(): readonly Field[] {
    return [...this.erasures.keys()];
  }

  isAbout(snapshot: Snapshot | null, subject: string): boolean {
    return snapshot?.[this.subject] === subject;
  }

  /** Whether it is a record from before the member that says whom a row is about was declared. */
  namesNobody(snapshot: Snapshot): boolean {
    return snapshot[this.subject] === undefined;
  }

  /** Without the values of its subject: null, a pseudonym, or left out where the row has to go. The rest is as it was. */
  erased<S extends Snapshot | CrudEntity>(snapshot: S, id: string, token: string): S {
    const members = { ...snapshot } as Record<string, unknown>;
    for (const [{ name, options }, erasure] of this.erasures) {
      const value = members[name] ?? null;
      if (value === null || isPseudonym(options, value)) continue;
      if (erasure === 'row') Reflect.deleteProperty(members, name);
      else members[name] = erasure === 'null' ? null : pseudonymOf(options, this.tokenOf(name, id, token));
    }
    return members as S;
  }

  /** Whether nothing of a record, or of a row that may stay, is left to be erased. */
  isErased(snapshot: Snapshot | CrudEntity): boolean {
    const members = snapshot as Snapshot;
    return [...this.erasures.keys()].every(
      ({ name, options }) => (members[name] ?? null) === null || isPseudonym(options, members[name]),
    );
  }

  private tokenOf(name: string, id: string, token: string): string {
    if (!this.distinct.has(name)) return token;
    return createHash('sha256').update(`${token}:${this.name}:${id}`).digest('base64url').slice(0, token.length);
  }
}

/** The subject is a personal value itself, said or not. @throws TypeError where it can be neither null nor a pseudonym */
function erasureOfSubject(field: Field, owner: string): Erasure {
  const { name, options, nullable, erase } = field;
  if (options.erase) return erase!;
  try {
    fieldOf(name, { ...options, personal: true, erase: 'pseudonym' }, owner);
    return 'pseudonym';
  } catch (error) {
    if (!nullable) throw error;
    return 'null';
  }
}
