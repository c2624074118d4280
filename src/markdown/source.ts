import type { Nodes, RootContent } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmTableFromMarkdown } from 'mdast-util-gfm-table';
import type { Place } from './faults.js';
import { gfmTable } from 'micromark-extension-gfm-table';

/**
 * Constructs that say nothing about where blocks begin and end: text is kept as it was written. Without them no text takes longer
 * than its length allows; headings that are underlined took 3 s for 20,000 characters.
 */
const UNREAD = [
  'attention',
  'autolink',
  'blockQuote',
  'characterEscape',
  'characterReference',
  'codeText',
  'hardBreakEscape',
  'htmlText',
  'labelEnd',
  'labelStartImage',
  'labelStartLink',
  'setextUnderline',
];
const OPTIONS = {
  extensions: [gfmTable(), { disable: { null: UNREAD } }],
  mdastExtensions: [gfmTableFromMarkdown()],
};

/** A Markdown text, and the blocks that it has. */
export class Source {
  readonly blocks: readonly RootContent[];
  private readonly text: string;
  private readonly lines: readonly string[];

  constructor(text: string) {
    this.text = text.replaceAll('\r\n', '\n').replaceAll('\r', '\n');
    this.lines = this.text.split('\n');
    this.blocks = fromMarkdown(this.text, OPTIONS).children;
  }

  get end(): Place {
    return { line: this.lines.length, column: this.lines.at(-1)!.length + 1 };
  }

  /** The whole lines of some blocks, untouched. */
  linesOf(blocks: readonly RootContent[]): string {
    if (blocks.length === 0) return '';
    return this.lines.slice(startOf(blocks[0]!).line - 1, blocks.at(-1)!.position!.end.line).join('\n');
  }

  /** The text in a heading, paragraph or cell as it was written, in one line. */
  textIn(node: Nodes): string {
    if (!('children' in node) || node.children.length === 0) return '';
    const [first, last] = [node.children[0]!.position!, node.children.at(-1)!.position!];
    const lines = this.text.slice(first.start.offset, last.end.offset).split('\n');
    return lines.map((line) => line.trim()).join(' ');
  }
}

export function startOf(node: Nodes): Place {
  return node.position!.start;
}
