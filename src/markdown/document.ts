import { isDeepStrictEqual } from 'node:util';
import { DomainError, type ProblemItem } from '../problems/domain-error.js';
import { Outline } from './outline.js';
import { MarkdownSections, type MarkdownSection, type Name } from './sections.js';

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
  private readonly outline: Outline<E>;
  private readonly maxLength: number;

  constructor({ title, name, sections, maxLength = 65_536 }: MarkdownOptions<E>) {
    this.outline = new Outline(title, name, sections(new MarkdownSections()));
    this.maxLength = maxLength;
  }

  /** Those that the document has a place for. */
  get members(): readonly Name<E>[] {
    return this.outline.members;
  }

  /** Its media type, `text/markdown`, for the controller of a resource. */
  get format() {
    return { type: 'text/markdown', extension: 'md', row: this.write, read: this.read };
  }

  /** Writes what is there of a row; the sections of other members are empty. */
  readonly write = (row: Partial<E>): string => this.outline.write(row);

  /**
   * Reads all members that the document has a place for.
   * @throws DomainError `malformed-document` with line and column of each fault; `content-too-large`
   */
  readonly read = (text: string): Partial<E> => {
    if (text.length <= this.maxLength) return this.outline.read(text);
    throw new DomainError('content-too-large', `This document may have ${this.maxLength} characters.`);
  };

  /**
   * Checks what has changed since `before`, or all of a new row. Each member is checked by itself: what is read back from its own
   * section is read back from the whole.
   * @throws DomainError `validation-failed` naming the members that would not be read back as they are
   */
  check(row: E, before: E | null = null): void {
    const changed = this.members.filter((member) => !before || !isDeepStrictEqual(row[member], before[member]));
    if (changed.length === 0) return;
    if (this.write(row).length > this.maxLength)
      refuse([{ code: 'too-long', detail: `The whole may have ${this.maxLength} characters.`, pointer: '#' }]);
    const written = changed.filter((member) => !this.outline.isEmpty(member, row));
    if (this.isReadBack(row, written)) return;
    const unread = written.filter((member) => !this.isReadBack(row, [member]));
    const detail = (member: string) => `"${member}" can't stand in the Markdown document as it is.`;
    refuse(unread.map((member) => ({ code: 'not-in-markdown', detail: detail(member), pointer: `#/${member}` })));
  }

  private isReadBack(row: E, members: readonly Name<E>[]): boolean {
    const outline = this.outline.for(members);
    const [name] = this.members as [Name<E>];
    const written = Object.fromEntries(members.map((member) => [member, row[member]]));
    try {
      const again = outline.read(outline.write({ [name]: 'x', ...written } as Partial<E>));
      return members.every((member) => isDeepStrictEqual(again[member], row[member]));
    } catch (error) {
      if (error instanceof DomainError && error.code === 'malformed-document') return false;
      throw error;
    }
  }
}

function refuse(errors: readonly ProblemItem[]): never {
  const detail = errors.length === 1 ? errors[0]!.detail : `${errors.length} members are not valid.`;
  throw new DomainError('validation-failed', detail, { errors });
}
