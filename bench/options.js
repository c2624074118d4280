// What the command line of a benchmark says, and its defaults.
import { parseArgs } from 'node:util';

// Whoever stops a benchmark stops what it has started: servers end when the process exits.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

/**
 * @param defaults of each option, whose type they tell
 * @param allowed the words that an option's list may have, where not any will do
 */
export function readOptions(command, defaults, allowed = {}) {
  const types = Object.entries(defaults).map(([name, value]) => [name, { type: typeof value }]);
  const usage = `npm run ${command} -- ${types
    .map(([name, { type }]) => `[--${name}${type === 'string' ? ` ${name.toUpperCase()}` : ''}]`)
    .join(' ')}${Object.entries(allowed)
    .map(([name, words]) => `\n  --${name}: ${words.join(', ')}`)
    .join('')}`;
  try {
    const { values } = parseArgs({ options: { ...Object.fromEntries(types), help: { type: 'boolean', short: 'h' } } });
    if (values.help) {
      console.log(usage);
      process.exit(0);
    }
    for (const [name, words] of Object.entries(allowed))
      for (const word of list(values[name] ?? ''))
        if (word !== '' && !words.includes(word)) throw new Error(`--${name}: there is no "${word}".`);
    return { ...defaults, ...values };
  } catch (error) {
    console.error(`${error.message}\n\n${usage}`);
    process.exit(64);
  }
}

/** @returns what stands between commas */
export function list(text) {
  return text.split(',');
}
