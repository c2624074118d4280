import type { Shape } from './shape.js';
import type { Word } from './word.js';

/** A column for each member: its name, the rule below the name, and how its cells are written. */
export type Columns<T> = { readonly [K in keyof T]: readonly [name: string, rule: string, word: Word<T[K]>] };

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** A table with a row for each value, and none where there is no value. */
export function table<T extends object>(columns: Columns<T>): Shape<T[]> {
  const entries = Object.entries(columns) as [keyof T & string, Columns<T>[keyof T]][];
  const names = entries.map(([, [name]]) => name);
  const head = `${line(names)}\n|${entries.map(([, [, rule]]) => rule).join('|')}|`;
  const rowOf = (value: T) =>
    line(entries.map(([name, [, , word]]) => word.write(value[name]).replaceAll('|', String.raw`\|`)));
  return {
    write: (values = []) => (values.length === 0 ? '' : [head, ...values.map(rowOf)].join('\n')),
    read: (content) => {
      const [first, ...rows] = content.rows();
      if (!first) return [];
      if (content.cells(first).join('|') !== names.join('|'))
        content.fault(first, 'wrong-columns', `The columns must be ${names.join(', ')}`);
      return rows.map((row) => {
        const cells = content.cells(row);
        if (cells.length !== names.length) content.fault(row, 'wrong-cells', `A row must have ${names.length} cells`);
        const read = entries.map(([name, [column, , word]], at) => {
          const value = word.read(cells[at] ?? '');
          if (value === undefined)
            content.fault(row.children[at] ?? row, 'malformed', `"${column}" must be ${word.kind}`);
          return [name, value];
        });
        return Object.fromEntries(read) as T;
      });
    },
  };
}
