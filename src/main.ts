const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 12)) {
  process.stderr.write(
    `Plinth needs Node 22.12 or later, and this is ${process.versions.node}. "npm start" brings its own.\n`,
  );
  process.exit(1);
}
// Imported only now: older versions would fail at the syntax or the binaries of what it imports.
const { start } = await import('./process/start.js');
const { readArguments, tellError } = await import('./process/command.js');
try {
  readArguments('npm start\n\nTakes no arguments, but settings from the environment: README.md lists them.', {});
  await start();
} catch (error) {
  tellError(error);
}
