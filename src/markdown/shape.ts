import type { Content } from './content.js';

/** How a value stands below a heading or an item; nothing stands there for one that is empty. */
export interface Shape<T> {
  write(value: T | undefined): string;
  read(content: Content): T;
}

/** Markdown as it is, with an empty line before a heading that it begins with. */
export const prose: Shape<string> = {
  write: (text = '') => (text.startsWith('####') ? `\n${text}` : text),
  read: (content) => content.prose(),
};

/** Null for an empty section. */
export function orNull<T>(shape: Shape<T>): Shape<T | null> {
  return {
    write: (value) => shape.write(value ?? undefined),
    read: (content) => (content.isEmpty ? null : shape.read(content)),
  };
}
