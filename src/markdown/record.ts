import { listed, type Marker } from './lists.js';
import type { Shape } from './shape.js';
import type { Word } from './word.js';

/** An item for each member, in their order: what stands before its value, and how it is written. */
export type Members<T> = { readonly [K in keyof T]: readonly [prefix: string, word: Word<T[K]>] };

/** A list with an item for each member. */
export function record<T extends object>(marker: Marker, members: Members<T>): Shape<T> {
  const entries = Object.entries(members) as [keyof T & string, Members<T>[keyof T]][];
  const names = entries.map(([name, [prefix]]) => (prefix === '' ? name : `"${prefix.trimEnd()}"`));
  const itemsOf = (value: T) => entries.map(([name, [prefix, word]]) => `${prefix}${word.write(value[name])}`);
  return {
    write: (value) => (value ? listed(marker, itemsOf(value)) : ''),
    read: (content) => {
      const read = content.itemsFor(names).map((item, at) => {
        const [name, [prefix, word]] = entries[at]!;
        const text = content.textAfter(prefix, item);
        const value = word.read(text);
        if (value === undefined && text !== '') content.fault(item, 'malformed', `"${text}" must be ${word.kind}`);
        return [name, value];
      });
      return Object.fromEntries(read) as T;
    },
  };
}
