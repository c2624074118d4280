import type { ListItem, Nodes, RootContent, TableRow } from 'mdast';
import type { Faults } from './faults.js';
import { startOf, type Source } from './source.js';

/** The blocks below a heading or in an item, to be read as what they should be. Where they are something else is a fault. */
export class Content {
  constructor(
    private readonly source: Source,
    private readonly blocks: readonly RootContent[],
    /** Has what is missing in it. */
    private readonly owner: Nodes,
    private readonly faults: Faults,
  ) {}

  get isEmpty(): boolean {
    return this.blocks.length === 0;
  }

  prose(): string {
    return this.source.linesOf(this.blocks);
  }

  /** The items of the one list that there is, or of none. */
  items(): readonly ListItem[] {
    const [list] = this.blocks;
    if (!list) return [];
    if (list.type === 'list' && this.blocks.length === 1) return list.children;
    const other = this.blocks.find(({ type }, at) => at > 0 || type !== 'list')!;
    this.fault(other, 'not-a-list', 'There must be one list here, and nothing else');
    return [];
  }

  /** As many items as there must be. */
  itemsFor(names: readonly string[]): readonly ListItem[] {
    const items = this.items();
    if (items.length === names.length) return items;
    const detail = `There must be ${names.length} items here: ${names.join(', ')}`;
    if (items.length > 0 || this.isEmpty) this.fault(items[names.length] ?? this.owner, 'wrong-items', detail);
    return [];
  }

  /** The paragraph that an item begins with. */
  line(item: ListItem): string {
    const [first] = item.children;
    if (first?.type === 'paragraph') return this.source.textIn(first);
    this.fault(first ?? item, 'not-a-paragraph', 'An item must be a paragraph');
    return '';
  }

  /** The paragraph that an item is. */
  onlyLine(item: ListItem): string {
    const [, second] = item.children;
    if (second) this.fault(second, 'unexpected-content', 'An item must be one paragraph');
    return this.line(item);
  }

  /** The text of an item without what it must begin with. */
  textAfter(prefix: string, item: ListItem): string {
    const text = this.onlyLine(item);
    if (text.startsWith(prefix)) return text.slice(prefix.length);
    // A text that is missing is a fault already.
    if (text !== '') this.fault(item, 'wrong-item', `An item must begin with "${prefix.trimEnd()}" here`);
    return '';
  }

  /** The content of an item below its paragraph. */
  below(item: ListItem): Content {
    return new Content(this.source, item.children.slice(1), item, this.faults);
  }

  /** The rows of the one table that there is, the first one with the names of the columns. */
  rows(): readonly TableRow[] {
    const [table] = this.blocks;
    if (!table) return [];
    if (table.type === 'table' && this.blocks.length === 1) return table.children;
    const other = this.blocks.find(({ type }, at) => at > 0 || type !== 'table')!;
    this.fault(other, 'not-a-table', 'There must be one table here, and nothing else');
    return [];
  }

  /** The texts of the cells of a row. */
  cells(row: TableRow): string[] {
    return row.children.map((cell) => this.source.textIn(cell).replaceAll(String.raw`\|`, '|'));
  }

  /** For a heading that only has others below it. */
  refuseAll(): void {
    const [first] = this.blocks;
    if (first) this.fault(first, 'unexpected-content', 'Nothing may stand between these two headings');
  }

  fault(node: Nodes, code: string, detail: string): void {
    this.faults.add(startOf(node), code, detail);
  }
}
