import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SETTINGS } from '../src/config/settings.js';
import { FeedRepository } from '../src/changes/feed.repository.js';
import { startApp, type TestApp } from './support/app.js';
import { Client, problemOf } from '../src/testing/client.js';
import { engines, freshDatabase } from '../src/testing/database.js';
import { freePort } from '../src/testing/mariadb.js';
import { Service } from './support/service.js';

const GUIDES = ['README.md', 'CONTRIBUTING.md', ...readdirSync('docs').map((name) => `docs/${name}`)].filter((name) =>
  name.endsWith('.md'),
);
const blocks = (file: string, language: string): string[] =>
  [...readFileSync(file, 'utf8').matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))].map(
    ([, text]) => text!,
  );
/** Streams have no end: enough was seen of one when it has begun. */
const CURL = `curl() { command curl -m 3 -w '%{stderr}\\nstatus=%{http_code}\\n' "$@"; }; `;
const CUT_OFF = 28;

describe('the documents', () => {
  it('show requests in curl that work as they stand, one after the other', async () => {
    const { url, drop } = await freshDatabase('sqlite');
    const service = await Service.spawn({ DATABASE_URL: url });
    await service.until('/health/ready');
    const scripts = ['README.md', 'docs/watching.md'].flatMap((file) => blocks(file, 'sh'));
    // Commands that start a service of their own are not for this one.
    const runnable = scripts.filter((text) => text.includes('curl') && !text.includes('npm'));
    expect(runnable).toHaveLength(3);
    for (const text of runnable) {
      const lines = text.replaceAll(/\\\n/g, ' ').trimEnd().split('\n');
      for (let n = 0; n < lines.length; n++) {
        if (!lines[n]!.includes('curl ')) continue;
        // With the variables that were set before.
        const set = lines.slice(0, n).filter((line) => /^\w+=/.test(line));
        const script = [CURL, ...set, 'exec 2>&1', lines[n]]
          .join('\n')
          .replaceAll('http://127.0.0.1:3000', service.origin);
        const { status, stdout } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
        const codes = [...stdout.matchAll(/^status=(\d+)$/gm)].map(([, code]) => Number(code));
        const bad = codes.filter((code) => code < 200 || code > 299);
        expect({ line: lines[n], stdout, some: codes.length > 0, bad }).toMatchObject({ some: true, bad: [] });
        expect([0, CUT_OFF]).toContain(status);
      }
    }
    await service.kill();
    await drop();
  }, 60_000);

  it('let callers in as the README has it', async () => {
    const [block] = blocks('README.md', 'sh').filter((text) => text.includes('AUTH=keys'));
    const { url, drop } = await freshDatabase('sqlite');
    const port = String(await freePort());
    const origin = `http://127.0.0.1:${port}`;
    const started = `& service=$!
      trap 'kill $service; wait $service' EXIT
      timeout 60 bash -c 'until command curl -fs ${origin}/health/ready; do sleep 0.2; done'`;
    const script = block!.replace('npm start', `npm start >/dev/null ${started}`);
    const said = spawnSync('bash', ['-ec', `${CURL}\n${script.replaceAll('http://127.0.0.1:3000', origin)}`], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, HOME: process.env.HOME, DATABASE_URL: url, PORT: port },
    });
    await drop();
    expect(said.stderr).toContain('status=200');
    expect(said.stdout).toContain('"status":"success"');
  }, 90_000);

  it('have no other commands in the README than those that something runs', () => {
    const rest = blocks('README.md', 'sh').filter((text) => !text.includes('curl'));
    const [module] = rest.filter((text) => text.includes('npm run new')).map((text) => text.split('\n'));
    // As it stands in the guide, which test/new.e2e-spec.ts follows.
    expect(blocks('docs/adding-a-module.md', 'sh').join('')).toContain(`${module![0]}\n`);
    // .ci/run begins with these.
    const others = rest.filter((text) => !text.includes('npm run new'));
    expect(others).toEqual(['npm ci && npm start\n', 'npm ci && npm test\n']);
  });

  it('tell a reader in a hurry the figures of the long table', () => {
    const [short, long] = readFileSync('docs/performance.md', 'utf8').split('\n## How it was measured\n');
    const rows = (text: string) => text.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
    const figures = (job: string, who: string) =>
      rows(long!).find((row) => row[1] === job && row[2] === '64' && row[3] === who)!;
    const told = rows(short!).filter((row) => /^[\d,]+$/.test(row[2] ?? ''));
    const measured = ['read', 'page', 'create', 'update'].map((job) => {
      const [plinth, embedded] = [figures(job, 'plinth'), figures(job, 'embedded')];
      return [plinth[4], Number(plinth[5]).toFixed(1), Number(plinth[7]).toFixed(1), embedded[4]];
    });
    expect(told.map((row) => row.slice(2, 6).map((cell) => cell.replace(',', '')))).toEqual(measured);
  });

  it('name scripts, files and settings that there are', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
    const known = new Set(Object.values(SETTINGS).flatMap(({ key }) => [key, `${key}_FILE`]));
    const sources = ['src', 'test', 'tools', 'bench'].flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
    );
    const code = sources.filter((name) => /\.[jt]s$/.test(name) && !name.includes('peers'));
    const missing: string[] = [];
    for (const file of [...GUIDES, ...code]) {
      const text = readFileSync(file, 'utf8');
      const miss = (what: string): number => missing.push(`${file}: ${what}`);
      for (const [, name] of text.matchAll(/npm run ([a-z]+(?::[a-z]+)*)/g)) if (!scripts[name!]) miss(name!);
      if (!GUIDES.includes(file)) continue;
      for (const [, link] of text.matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g))
        if (!link!.startsWith('/') && !existsSync(join(dirname(file), link!))) miss(link!);
      for (const [, path] of text.matchAll(/`((?:src|test|docs|bench|tools)\/[\w./-]+)`/g))
        if (!path!.includes('/loan') && !existsSync(path!) && !existsSync(`${path}.e2e-spec.ts`)) miss(path!);
      for (const [, key] of text.matchAll(/`((?:DATABASE|HTTP|JWT|RATE|SHED|SHUTDOWN|CHANGES)_[A-Z_]+)/g))
        if (!known.has(key!)) miss(key!);
    }
    expect(missing).toEqual([]);
  });

  it('lead to each other: the README to all of them', () => {
    const readme = readFileSync('README.md', 'utf8');
    const house = readme.slice(readme.indexOf('## The house'));
    for (const file of GUIDES.filter((name) => name.startsWith('docs/'))) expect(house).toContain(`](${file})`);
  });
});

describe.each(engines())('the SQL for a new epoch, on %s', (engine) => {
  let test: TestApp;
  beforeAll(async () => void (test = await startApp(engine)));
  afterAll(() => test.close());

  it('is taken, and ends the positions of before', async () => {
    const client = new Client(test.origin);
    await client.post('/api/resource', { name: 'x' });
    const feeds = test.app.get(FeedRepository);
    const { epoch } = await feeds.get('resource');
    const watch = (position: string) => client.get(`/api/resource:watch?after=${position}`);
    const [sql] = blocks('docs/watching.md', 'sql');
    expect(await test.database.execute(sql!)).toBeGreaterThan(0);
    const next = await feeds.get('resource');
    expect(next.epoch).toMatch(/^[0-9a-f]{12}$/);
    expect(next.epoch).not.toBe(epoch);
    problemOf(await watch(`${epoch}-1`), 410, 'position-expired');
  });
});
