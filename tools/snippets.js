import { readFileSync } from 'node:fs';

/** A block of code that names where it is from: ```ts test/extending/parcel.service.ts#check */
const BLOCK = /^```ts([^\n]*)\n([^]*?)^```$/gm;

/**
 * A document with each snippet as it stands in the source that a test runs, between `// #region NAME` and `// #endregion`.
 * @throws Error for a block of TypeScript that is from nowhere
 */
export function withSnippets(text, document) {
  return text.replace(BLOCK, (block, info) => {
    const [, file, name] = /^ (\S+)#(\S+)$/.exec(info) ?? [];
    if (!file)
      throw new Error(`${document} has code that nothing runs: name its source, \`\`\`ts FILE#REGION\n${block}`);
    return `\`\`\`ts${info}\n${region(file, name)}\`\`\``;
  });
}

/** With the indentation of its first line taken away. */
function region(file, name) {
  const lines = readFileSync(file, 'utf8').split('\n');
  const begin = lines.findIndex((line) => line.trim() === `// #region ${name}`);
  const end = lines.findIndex((line, at) => at > begin && line.trim() === '// #endregion');
  if (begin === -1 || end === -1) throw new Error(`${file} has no region "${name}"`);
  const taken = lines.slice(begin + 1, end);
  const indent = /^ */.exec(taken[0])[0];
  return `${taken.map((line) => line.replace(indent, '')).join('\n')}\n`;
}
