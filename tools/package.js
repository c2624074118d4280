// `npm run package:check`: what `npm pack` makes can be installed and is typed, and has nothing that does not belong there.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BELONGS =
  /^(package\.json|README\.md|CHANGELOG\.md|LICENSE|docs\/(runbooks\/)?[\w-]+\.(md|svg)|dist\/(?!modules\/|main\.).+\.(js|d\.ts))$/;

const folder = mkdtempSync(join(tmpdir(), 'plinth-package-'));
try {
  // The build is current already: what `prepack` does would take it from under those who use it.
  const pack = ['pack', '--ignore-scripts', '--json', `--pack-destination=${folder}`];
  const [{ filename, files }] = JSON.parse(execFileSync('npm', pack, { encoding: 'utf8' }));
  const strange = files.filter(({ path }) => !BELONGS.test(path));
  for (const { path } of strange) console.error(`${path} does not belong into the package: "files" of package.json`);
  if (strange.length > 0) process.exitCode = 1;
  execFileSync('npx', ['--no-install', 'publint', '--strict', join(folder, filename)], { stdio: 'inherit' });
} catch (error) {
  if (error.status === undefined) throw error;
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}
