import { cpSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { freshDatabase } from '../src/testing/database.js';
import { Folder } from './support/folder.js';
import { Guide } from './support/guide.js';
import { Scratch } from './support/scratch.js';

/** A build, an installation, and two runs of Jest. */
const LONG_MS = 600_000;
const TARBALL = 'plinth-0.1.0.tgz';

/** As a person has it who installs something: not what `npm test` adds, and nothing that is installed in this repository. */
function environment(): Record<string, string> {
  const own = /^(npm_.*|INIT_CWD|NODE_ENV|JEST_.*|PLINTH_.*|TEST_.*|CI)$/;
  const rest = Object.entries(process.env).filter(([name]) => !own.test(name)) as [string, string][];
  const folders = [dirname(process.execPath), ...process.env.PATH!.split(delimiter)];
  const PATH = folders.filter((folder) => !folder.endsWith('.bin')).join(delimiter);
  return { ...Object.fromEntries(rest), PATH, npm_config_prefer_offline: 'true', npm_config_fetch_retries: '1' };
}

describe('what npm pack makes', () => {
  const project = new Folder(environment());
  afterAll(() => project.remove());

  it(
    'is all that a project of its own needs, as the page about it has it',
    async () => {
      const scratch = new Scratch();
      const { url, drop } = await freshDatabase('sqlite');
      const guide = new Guide('docs/as-a-dependency.md', project);
      try {
        await scratch.done('npm pack');
        cpSync(join(scratch.folder, TARBALL), join(project.folder, TARBALL));
        const origin = await guide.follow(url);
        const answer = await fetch(`${origin}/api/loan/first`);
        expect(await answer.json()).toMatchObject({ data: { book_title: 'Moby Dick', returned: true } });
        expect(await project.done('npm run --silent migrate:generate -- more')).toContain('nothing to generate');
        expect(await project.done('npm run --silent migrate -- status', { DATABASE_URL: url })).toMatch(
          /^done +CreateLoan\d+$/m,
        );
        // Also those types of the package that a project does not check.
        const { output: faults } = await project.run('npx tsc --skipLibCheck false');
        expect(faults).not.toContain('node_modules/plinth');
        const { paths } = JSON.parse(await project.done('npm run --silent docs && cat openapi.json')) as {
          paths: object;
        };
        expect(Object.keys(paths)).toEqual(expect.arrayContaining(['/api/loan', '/api/loan/{id}:return']));
        expect(paths).not.toHaveProperty('/api/resource');
      } finally {
        await guide.end();
        scratch.remove();
        await drop();
      }
    },
    LONG_MS,
  );

  it('says what is missing where there is no build', async () => {
    const { code, output } = await project.run('rm -rf dist && npx plinth migrate');
    expect({ code, output }).toEqual({
      code: 1,
      output: expect.stringContaining('There is no dist/modules/index.js here'),
    });
    expect(await project.run('npx plinth start')).toMatchObject({
      code: 1,
      output: expect.stringContaining('dist/main.js'),
    });
  });
});
