import { isDeepStrictEqual } from 'node:util';
import { DomainError } from '../problems/domain-error.js';
import { arrange, chaptersOf } from './chapters.js';
import { Content } from './content.js';
import { Faults } from './faults.js';
import type { Shape } from './shape.js';
import { Source, startOf } from './source.js';

type Level = 2 | 3;
type Name<E> = keyof E & string;

/** A heading of a document, and what stands below it. */
export interface MarkdownSection<E> {
  readonly level: Level;
  readonly heading: string;
  readonly members: readonly Name<E>[];
  write(row: Partial<E>): string;
  read(content: Content): Partial<E>;
}

/** Makes the sections of a document. */
export class MarkdownSections<E extends object> {
  /** A heading with others below it, and nothing else. */
  heading(level: Level, heading: string): MarkdownSection<E> {
    return { level, heading, members: [], write: () => '', read: (content) => content.refuseAll() };
  }

  one<M extends Name<E>>(level: Level, heading: string, member: M, shape: Shape<E[M]>): MarkdownSection<E> {
    const read = (content: Content) => Object.assign({} as Partial<E>, { [member]: shape.read(content) });
    return { level, heading, members: [member], write: (row) => shape.write(row[member]), read };
  }

  several<M extends Name<E>>(
    level: Level,
    heading: string,
    members: readonly M[],
    shape: Shape<Pick<E, M>>,
  ): MarkdownSection<E> {
    const write = (row: Partial<E>) => shape.write(row as Pick<E, M>);
    return { level, heading, members, write, read: (content) => shape.read(content) as Partial<E> };
  }
}

export interface MarkdownOptions<E extends object> {
  /** Stands before the name in the heading of the first level. */
  readonly title: string;
  /** Has the name. */
  readonly name: Name<E>;
  /** All headings of the next two levels, in their order. */
  readonly sections: (make: MarkdownSections<E>) => readonly MarkdownSection<E>[];
  /** The most UTF-16 units of a document: 65,536, which are read in less than a second whatever is in them. */
  readonly maxLength?: number;
}

/**
 * A resource as a Markdown document with fixed headings, in both directions. What is written is canonical: read and written again
 * it is the same text. A document that says the same in another spelling is read as well.
 */
export class MarkdownDocument<E extends object> {
  private readonly sections: readonly MarkdownSection<E>[];
  readonly members: readonly Name<E>[];
  private readonly maxLength: number;

  constructor(private readonly options: MarkdownOptions<E>) {
    this.sections = options.sections(new MarkdownSections());
    this.members = [options.name, ...this.sections.flatMap(({ members }) => members)];
    this.maxLength = options.maxLength ?? 65_536;
  }

  /** Its media type, `text/markdown`, for the controller of a resource. */
  get format() {
    return { type: 'text/markdown', extension: 'md', row: this.write, read: this.read };
  }

  /** Writes what is there of a row; the sections of other members are empty. */
  readonly write = (row: Partial<E>): string => {
    const { title, name } = this.options;
    const written = this.sections.map((section) => {
      const content = section.write(row);
      return `${'#'.repeat(section.level)} ${section.heading}${content === '' ? '' : `\n${content}`}`;
    });
    return `${[`# ${title}${String(row[name] ?? '')}`, ...written].join('\n\n')}\n`;
  };

  /**
   * Reads all members that the document has a place for.
   * @throws DomainError `malformed-document` with line and column of each fault; `content-too-large`
   */
  readonly read = (text: string): Partial<E> => {
    if (text.length > this.maxLength)
      throw new DomainError('content-too-large', `This document may have ${this.maxLength} characters.`);
    const { title, name } = this.options;
    const source = new Source(text);
    const faults = new Faults();
    const { front, chapters } = chaptersOf(source);
    const isTitled = chapters[0]?.heading.depth === 1 && source.textIn(chapters[0].heading).startsWith(title);
    const first = isTitled ? chapters.shift() : undefined;
    if (!first)
      faults.add({ line: 1, column: 1 }, 'wrong-title', `The first heading must be "# ${title.trimEnd()}" and a name`);
    const [stray] = [...front, ...(first?.blocks ?? [])];
    if (stray) faults.add(startOf(stray), 'unexpected-content', 'Nothing may stand here');
    const row = { [name]: first && source.textIn(first.heading).slice(title.length) } as Partial<E>;
    for (const [section, { heading, blocks }] of arrange(this.sections, chapters, source, faults))
      Object.assign(row, section.read(new Content(source, blocks, heading, faults)));
    faults.refuse();
    return row;
  };

  /**
   * Checks what has changed since `before`, or all of a new row. Each member stands for itself: what is read back beside empty
   * sections is read back beside others.
   * @throws DomainError `validation-failed` naming the members that would not be read back as they are
   */
  check(row: E, before: E | null = null): void {
    const changed = this.members.filter((member) => !before || !isDeepStrictEqual(row[member], before[member]));
    if (changed.length === 0 || this.isReadBack(row, changed)) return;
    const unread = changed.filter((member) => !this.isReadBack(row, [member]));
    const errors = unread.map((member) => {
      const detail = `"${member}" can't stand in the Markdown document as it is.`;
      return { code: 'not-in-markdown', detail, pointer: `#/${member}` };
    });
    throw new DomainError('validation-failed', errors.length === 1 ? errors[0]!.detail : `${errors.length} faults.`, {
      errors,
    });
  }

  /** @param members those that are written; all others are empty */
  private isReadBack(row: E, members: readonly Name<E>[]): boolean {
    const written = Object.fromEntries(members.map((member) => [member, row[member]]));
    try {
      const again = this.read(this.write({ [this.options.name]: 'x', ...written } as Partial<E>));
      return members.every((member) => isDeepStrictEqual(again[member], row[member]));
    } catch (error) {
      if (error instanceof DomainError && error.code === 'malformed-document') return false;
      throw error;
    }
  }
}
