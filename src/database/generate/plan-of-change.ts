import { holds, isSame, told, type ColumnShape } from '../schema/column-shape.js';
import type { KeyShape, TableShape } from '../schema/table-shape.js';
import { Refusal } from './declaration.js';
import type { Decisions } from './decisions.js';
import { isOurs, keyCode, keyName, Plan } from './plan.js';

const BEFORE = 'run this when no version is left that';

/** Plans the steps from the table that the migrations make to the declared one. */
export class PlanOfChange extends Plan {
  /** The columns after the steps so far. */
  private readonly columns: Map<string, ColumnShape>;
  private keys: Map<string, KeyShape>;

  /** @throws Refusal for what is never guessed, and for what can't work */
  constructor(
    private readonly declared: TableShape,
    found: TableShape,
    private readonly decisions: Decisions,
  ) {
    super(declared.name);
    this.columns = new Map(found.columns);
    this.keys = new Map(found.keys);
    for (const name of this.gone()) this.rename(name);
    const kept = this.gone().filter((name) => this.isKept(name));
    const dropped = this.gone().filter((name) => !kept.includes(name));
    const same = [...declared.columns].filter(([name]) => this.columns.has(name));
    const fresh = [...declared.columns].filter(([name]) => !this.columns.has(name));
    const isNarrower = (name: string, shape: ColumnShape) => !holds(shape, this.columns.get(name)!);
    // Steps that may stop at a row come first, both ways: MariaDB and MySQL keep those that were done before.
    for (const [name, shape] of same) if (isNarrower(name, shape)) this.change(name, shape);
    this.addUniques(fresh.map(([name]) => name));
    this.dropKeys(kept);
    for (const name of dropped) this.drop(name);
    for (const [name, shape] of fresh) this.add(name, shape);
    this.addKeys();
    for (const [name, shape] of same) if (!isNarrower(name, shape)) this.change(name, shape);
    for (const name of kept) this.keep(name);
  }

  private gone(): string[] {
    return [...this.columns.keys()].filter((name) => !this.declared.columns.has(name));
  }

  private rename(name: string): void {
    const to = this.decisions.renamed(`${this.table}.${name}`);
    if (to === undefined) return;
    if (this.columns.has(to) || !this.declared.columns.has(to))
      throw new Refusal(`${this.table}.${name} can't be renamed: ${this.table}.${to} is no new field`);
    this.step(this.call('renameField', name, to), this.call('renameField', to, name));
    this.notes.push(`Renames ${this.table}.${name} to ${to}: ${BEFORE} knows it by its old name.`);
    this.columns.set(to, this.columns.get(name)!);
    this.columns.delete(name);
    const renamed = [...this.keys].map(([key, shape]): [string, KeyShape] => {
      const columns = shape.columns.map((column) => (column === name ? to : column));
      const isNamedAfter = shape.columns.includes(name) && isOurs(this.table, key, shape);
      return [isNamedAfter ? keyName(this.table, columns, shape.isUnique) : key, { ...shape, columns }];
    });
    this.keys = new Map(renamed);
  }

  /** @throws Refusal where nobody has said what is to become of it */
  private isKept(name: string): boolean {
    const at = `${this.table}.${name}`;
    if (this.decisions.has('keep', at)) return true;
    if (this.decisions.has('drop', at)) return false;
    const fresh = [...this.declared.columns.keys()].filter((column) => !this.columns.has(column));
    const news = fresh.map((column) => `${this.table}.${column}`).join(' and ');
    const renames = fresh.map((column) => `--rename ${at}=${column}, `).join('');
    const found = news === '' ? `${at} is gone` : `${at} is gone, and ${news} ${fresh.length > 1 ? 'are' : 'is'} new`;
    throw new Refusal(
      `${found}: say ${renames}--drop ${at} (all its values are lost), or --keep ${at} (to be dropped by a later migration)`,
    );
  }

  private drop(name: string): void {
    const shape = this.columns.get(name)!;
    const back = shape.default === undefined ? { ...shape, isNullable: true } : shape;
    this.step(this.call('dropField', name), this.call('addField', name, this.options(name, back)));
    this.notes.push(
      `Drops ${this.table}.${name} with all its values, which \`down\` does not bring back: ${BEFORE} reads it.`,
    );
  }

  /** Rows have to be made without it from now on. */
  private keep(name: string): void {
    const shape = this.columns.get(name)!;
    if (!shape.isNullable && shape.default === undefined) this.alter(name, shape, { ...shape, isNullable: true });
  }

  private change(name: string, shall: ColumnShape): void {
    const is = this.columns.get(name)!;
    if (isSame(is, shall)) return;
    const at = `${this.table}.${name}`;
    const told_ = `is ${told(is, shall)}, and is declared ${told(shall, is)}`;
    const same = { isNullable: true, default: undefined };
    const [before, after] = [
      { ...is, ...same },
      { ...shall, ...same },
    ];
    if (!holds(after, before) && !holds(before, after))
      throw new Refusal(
        `${at} ${told_}: no values are converted. Add a field of the new type, fill it, and drop this one a release later`,
      );
    if (!holds(shall, is)) {
      if (!this.decisions.has('narrow', at))
        throw new Refusal(`${at} ${told_}, which not every value may fit: say --narrow ${at} if all do`);
      this.notes.push(`Stops at rows that do not fit ${at}: ${BEFORE} writes such.`);
    }
    this.alter(name, is, shall);
  }

  private alter(name: string, is: ColumnShape, shall: ColumnShape): void {
    const [up, down] = [this.options(name, shall), this.options(name, is)];
    this.step(this.call('changeField', name, up), this.call('changeField', name, down));
  }

  private add(name: string, shape: ColumnShape): void {
    const at = `${this.table}.${name}`;
    if (!shape.isNullable && shape.default === undefined)
      throw new Refusal(
        `${at} must have a value, and rows that are there have none: give it a default, or make it nullable, fill it, and take that back a release later`,
      );
    const isUnique = [...this.declared.keys.values()].some((key) => key.isUnique && String(key.columns) === name);
    if (isUnique && shape.default !== undefined)
      throw new Refusal(`${at} is unique, and all rows that are there would get the same default: make it nullable`);
    this.step(this.call('addField', name, this.options(name, shape)), this.call('dropField', name));
  }

  /** An index with a name of its own is not of a declaration: it stays. */
  private dropKeys(kept: readonly string[]): void {
    for (const [name, key] of this.keys) {
      if (this.isDeclared(name, key) || !isOurs(this.table, name, key)) continue;
      if (key.columns.some((column) => kept.includes(column))) continue;
      this.keyStep('drop', 'add', name, key);
      this.keys.delete(name);
    }
  }

  /** Adds unique keys to fields in which rows may have values already. */
  private addUniques(fresh: readonly string[]): void {
    for (const [name, key] of this.declared.keys) {
      if (!key.isUnique || this.keys.has(name) || key.columns.some((column) => fresh.includes(column))) continue;
      const at = `${this.table}.${key.columns.join('+')}`;
      if (!this.decisions.has('narrow', at))
        throw new Refusal(`${at} becomes unique, which not every value may be: say --narrow ${at} if all are`);
      this.notes.push(`Stops at rows that have the same ${at}: ${BEFORE} writes such.`);
      this.keyStep('add', 'drop', name, key);
      this.keys.set(name, key);
    }
  }

  private addKeys(): void {
    for (const [name, key] of this.declared.keys) if (!this.keys.has(name)) this.keyStep('add', 'drop', name, key);
  }

  private isDeclared(name: string, { columns, isUnique }: KeyShape): boolean {
    const declared = this.declared.keys.get(name);
    return declared?.isUnique === isUnique && String(declared.columns) === String(columns);
  }

  private keyStep(up: 'add' | 'drop', down: 'add' | 'drop', name: string, key: KeyShape): void {
    const kind = key.isUnique ? 'Unique' : 'Index';
    const columns = keyCode(this.table, name, key);
    this.step(this.call(`${up}${kind}`, columns), this.call(`${down}${kind}`, columns));
  }
}
