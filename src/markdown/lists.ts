import type { Shape } from './shape.js';

/** Begins each item of a list. */
export type Marker = '-' | '1.';

/** Writes a list, with what stands below each item. */
export function listed(marker: Marker, items: readonly string[], below: (at: number) => string = () => ''): string {
  const written = items.map((text, at) => {
    const sign = marker === '-' ? '-' : `${at + 1}.`;
    const lines = below(at).split('\n').filter(Boolean);
    return [`${sign} ${text}`, ...lines.map((line) => `${' '.repeat(sign.length + 1)}${line}`)].join('\n');
  });
  return written.join('\n');
}

/**
 * A list of texts of one paragraph.
 * @param prefix of the `n`th item, from 1
 */
export function list(marker: Marker, prefix: (n: number) => string = () => ''): Shape<string[]> {
  const written = (items: readonly string[]) => items.map((text, at) => `${prefix(at + 1)}${text}`);
  return {
    write: (items = []) => listed(marker, written(items)),
    read: (content) => content.items().map((item, at) => content.textAfter(prefix(at + 1), item)),
  };
}

/** A numbered list whose items have something below them. */
export function nested<T, B>(
  parts: { readonly text: (value: T) => string; readonly below: (value: T) => B },
  shape: Shape<B>,
  make: (text: string, below: B) => T,
): Shape<T[]> {
  return {
    write: (values = []) => listed('1.', values.map(parts.text), (at) => shape.write(parts.below(values[at]!))),
    read: (content) => content.items().map((item) => make(content.line(item), shape.read(content.below(item)))),
  };
}

/** A numbered list with an item for each member, its own list below it; nothing where all are empty. */
export function lists<T extends Readonly<Record<keyof T, string[]>>>(
  titles: Readonly<Record<keyof T, string>>,
): Shape<T> {
  const bullets = list('-');
  const entries = Object.entries(titles) as [keyof T, string][];
  const texts = entries.map(([, title]) => title);
  return {
    write: (value) => {
      const all = entries.map(([name]) => value?.[name] ?? []);
      return all.every(({ length }) => length === 0) ? '' : listed('1.', texts, (at) => bullets.write(all[at]));
    },
    read: (content) => {
      const items = content.isEmpty ? [] : content.itemsFor(texts.map((text) => `"${text}"`));
      items.forEach((item, at) => {
        if (content.line(item) !== texts[at]) content.fault(item, 'wrong-item', `An item must be "${texts[at]}" here`);
      });
      const read = entries.map(([name], at) => [name, items[at] ? bullets.read(content.below(items[at])) : []]);
      return Object.fromEntries(read) as T;
    },
  };
}
