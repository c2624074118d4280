import type { Field } from './field.js';

/** The fields of a module, in the order they were declared. */
export class FieldSet {
  private readonly byName: ReadonlyMap<string, Field>;

  constructor(readonly all: readonly Field[]) {
    this.byName = new Map(all.map((field) => [field.name, field]));
  }

  find(name: string): Field | undefined {
    return this.byName.get(name);
  }

  /** The fields that exist for a caller. One that they can't read is unknown: filtering by it would tell what is in it. */
  for(can: (scope: string) => boolean): FieldSet {
    return new FieldSet(this.all.filter(({ readable }) => readable === true || (readable !== false && can(readable))));
  }

  /** The fields that are sent when nothing else is asked for. */
  shown(): Field[] {
    return this.all.filter(({ shown }) => shown);
  }
}
