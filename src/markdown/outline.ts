import { arrange, chaptersOf } from './chapters.js';
import { Content } from './content.js';
import { Faults } from './faults.js';
import type { MarkdownSection, Name } from './sections.js';
import { Source, startOf } from './source.js';

/** The headings of a document, in their order: a title with the name, and sections. */
export class Outline<E extends object> {
  readonly members: readonly Name<E>[];

  constructor(
    private readonly title: string,
    private readonly name: Name<E>,
    private readonly sections: readonly MarkdownSection<E>[],
  ) {
    this.members = [name, ...sections.flatMap(({ members }) => members)];
  }

  /** Whether nothing stands for a member below its heading: then there is nothing to be read. */
  isEmpty(member: Name<E>, row: Partial<E>): boolean {
    return this.sections.some((section) => section.members.includes(member) && section.write(row) === '');
  }

  /** The sections of some members alone, and the last one, so that each has a heading behind it as in the whole. */
  for(members: readonly Name<E>[]): Outline<E> {
    const last = this.sections.at(-1);
    const own = this.sections.filter(
      (section) => section === last || section.members.some((one) => members.includes(one)),
    );
    return new Outline(this.title, this.name, own);
  }

  write(row: Partial<E>): string {
    const written = this.sections.map((section) => {
      const content = section.write(row);
      return `${'#'.repeat(section.level)} ${section.heading}${content === '' ? '' : `\n${content}`}`;
    });
    return `${[`# ${this.title}${String(row[this.name] ?? '')}`, ...written].join('\n\n')}\n`;
  }

  /** @throws DomainError `malformed-document` */
  read(text: string): Partial<E> {
    const { title, name, sections } = this;
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
    for (const [section, { heading, blocks }] of arrange(sections, chapters, source, faults))
      Object.assign(row, section.read(new Content(source, blocks, heading, faults)));
    faults.refuse();
    return row;
  }
}
