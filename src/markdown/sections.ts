import type { Content } from './content.js';
import type { Shape } from './shape.js';

type Level = 2 | 3;
export type Name<E> = keyof E & string;

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
    const read = (content: Content): Partial<E> => {
      content.refuseAll();
      return {};
    };
    return { level, heading, members: [], write: () => '', read };
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
