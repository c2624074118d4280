const LIST = /\bmigrations:\s*\[([\w\s,]*)\]/g;
const IMPORTS = /^import\b[^;]*;$/gm;

/** The module's file with one more migration in its list; null where it is not written as expected, and people have to. */
export function withMigration(text: string, className: string, from: string): string | null {
  const lists = [...text.matchAll(LIST)];
  const last = [...text.matchAll(IMPORTS)].at(-1);
  if (lists.length !== 1 || !last || text.includes(className)) return null;
  const names = lists[0]![1]!.split(',').flatMap((name) => name.trim() || []);
  const list = `migrations: [${[...names, className].join(', ')}]`;
  const end = last.index + last[0].length;
  const start = lists[0]!.index;
  if (start < end) return null;
  return `${text.slice(0, end)}\nimport { ${className} } from './${from}';${text.slice(end, start)}${list}${text.slice(start + lists[0]![0].length)}`;
}
