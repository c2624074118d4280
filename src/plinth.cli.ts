#!/usr/bin/env node
// No imports: what they need of Node is only known to be there once this has looked.
const COMMANDS = new Map([
  ['start', './start.cli.js'],
  ['migrate', './migrate.cli.js'],
  ['migrate:generate', './generate-migration.cli.js'],
  ['key', './key.cli.js'],
  ['privacy:ledger', './privacy-ledger.cli.js'],
  ['privacy:replay', './privacy-replay.cli.js'],
  ['new', './new.cli.js'],
  ['docs', './docs.cli.js'],
  ['test', './test.cli.js'],
  ['dev', './dev.cli.js'],
]);

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 15)) {
  process.stderr.write(`Plinth needs Node 22.15 or later, and this is ${process.versions.node}.\n`);
  process.exit(1);
}
const [command = '--help'] = process.argv.splice(2, 1);
const script = COMMANDS.get(command);
if (script !== undefined) {
  process.setSourceMapsEnabled(true);
  await import(script);
} else {
  const isHelp = ['--help', '-h'].includes(command);
  const usage = `plinth COMMAND, with --help for each: ${[...COMMANDS.keys()].join(', ')}\n`;
  if (isHelp) process.stdout.write(usage);
  else process.stderr.write(`Unknown command '${command}'\n\n${usage}`);
  process.exitCode = isHelp ? 0 : 64;
}
