import { availableParallelism, loadavg } from 'node:os';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freshDatabase, type TestDatabase } from '../src/testing/database.js';
import { freePort } from '../src/testing/mariadb.js';
import { Scratch } from './support/scratch.js';

const FILE = 'src/modules/resource/resource.entity.ts';
const LONG_MS = 180_000;
/** From the change of a file to its answer; where others use the machine, whatever it takes. */
const QUIET_MS = 3_000;

describe('npm run dev', () => {
  let scratch: Scratch;
  let database: TestDatabase;
  let dev: ReturnType<Scratch['begin']> | undefined;
  let origin: string;
  let source: string;
  beforeAll(async () => {
    scratch = new Scratch();
    database = await freshDatabase('sqlite');
    const port = String(await freePort());
    origin = `http://127.0.0.1:${port}`;
    source = readFileSync(join(scratch.folder, FILE), 'utf8');
    dev = scratch.begin('npm run dev', { PORT: port, DATABASE_URL: database.url });
    await until(async () => (await document()) !== '');
    await until(async () => dev!.output().includes('Watching for file changes'));
  }, LONG_MS);
  afterAll(async () => {
    dev?.kill();
    await dev?.ended;
    scratch.remove();
    await database.drop();
  });

  const until = async (isSo: () => Promise<boolean>) => {
    for (const end = Date.now() + 60_000; !(await isSo()); await sleep(20))
      if (Date.now() > end) throw new Error(`Not seen in time:\n${dev!.output()}`);
  };
  const document = async () => (await fetch(`${origin}/openapi.json`).catch(() => undefined))?.text() ?? '';
  /** @returns after how many milliseconds the service answered with it */
  const describeAs = async (text: string, more = ''): Promise<number> => {
    const begun = performance.now();
    scratch.write(FILE, `${source.replace(/description: '.*'/, `description: '${text}'`)}${more}`);
    await until(async () => (await document()).includes(`"${text}"`));
    return performance.now() - begun;
  };

  it(
    'answers with what was changed, soon',
    async () => {
      const times: number[] = [];
      for (const text of ['First', 'Second', 'Third']) times.push(await describeAs(text));
      const isQuiet = loadavg()[0]! < availableParallelism();
      process.stderr.write(`npm run dev: changes were seen after ${times.map(Math.round).join(', ')} ms\n`);
      if (isQuiet) expect(Math.min(...times)).toBeLessThan(QUIET_MS);
    },
    LONG_MS,
  );

  it(
    'tells what does not compile, and goes on when it does',
    async () => {
      const seen = dev!.output().length;
      const said = (text: string) => until(async () => dev!.output().slice(seen).includes(text));
      scratch.write(FILE, `${source}const broken = ;\n`);
      await said('error TS1109');
      await describeAs('Mended');
      // It runs all the same.
      await describeAs('Typed', "export const wrong: number = 'text';\n");
      await said("error TS2322: Type 'string' is not assignable to type 'number'");
    },
    LONG_MS,
  );
});
