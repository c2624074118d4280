import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium, type Browser } from 'playwright-core';
import { freshDatabase, type TestDatabase } from '../src/testing/database.js';
import { InstalledClient } from './support/installed-client.js';
import { freePort } from '../src/testing/mariadb.js';
import { ready } from './support/ready.js';
import { Service } from './support/service.js';

interface Manifest {
  readonly dependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
}
const manifestOf = (folder: string) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;

/** Not the project's own, but that of the machine: the client has to run where the service would not. */
const node = (process.env.PATH ?? '')
  .split(delimiter)
  .filter((folder) => !folder.includes('node_modules'))
  .map((folder) => join(folder, 'node'))
  .find((file) => existsSync(file) && versionOf(file) >= 20);
const browserPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);
for (const [found, line] of [
  [node, 'NOT RUN: the client on the Node of the machine. Install Node 20 or later.'],
  [browserPath, 'NOT RUN: the client in a browser. Install chromium.'],
] as const) {
  if (found !== undefined) continue;
  if (process.env.CI === 'true') throw new Error(line);
  process.stderr.write(`\n${line}\n`);
}

describe('the package of the client', () => {
  let client: InstalledClient;
  let database: TestDatabase;
  let pages: Server;
  let pagesOrigin: string;
  let env: Record<string, string>;
  let service: Service;
  beforeAll(async () => {
    client = new InstalledClient();
    cpSync('test/support/client/scenario.mjs', client.path('scenario.mjs'));
    client.write(
      'main.mjs',
      `import { scenario } from './scenario.mjs';
       console.log(JSON.stringify(await scenario(process.argv[2], 'node')));`,
    );
    client.write('index.html', PAGE);
    pages = createServer((request, response) => {
      const file = client.path(request.url!);
      if (!existsSync(file)) return response.writeHead(404).end();
      response.setHeader('content-type', file.endsWith('.html') ? 'text/html' : 'text/javascript');
      response.end(readFileSync(file));
    });
    await once(pages.listen(0, '127.0.0.1'), 'listening');
    pagesOrigin = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;
    database = await freshDatabase('sqlite');
    const PORT = String(await freePort());
    env = { DATABASE_URL: database.url, LOG_LEVEL: 'fatal', PORT, CORS_ORIGINS: pagesOrigin };
    service = await Service.spawn(env);
    await ready(service);
  }, 60_000);
  afterAll(async () => {
    await service.kill();
    pages.close();
    pages.closeAllConnections();
    await database.drop();
    client.remove();
  });

  /** Kills the service once some of the rows are there, and starts it again. */
  async function kill(tag: string): Promise<void> {
    const list = `${service.origin}/api/resource?filter=${encodeURIComponent(`startswith(name,'${tag}')`)}`;
    for (let rows: unknown[] = []; rows.length < 3; await sleep(10))
      rows = ((await (await fetch(list)).json()) as { data: unknown[] }).data;
    await service.kill();
    await sleep(200);
    service = await Service.spawn(env);
  }

  function expectAll(result: Record<string, unknown>, tag: string): void {
    const made = result.made as string[];
    expect(new Set(made).size).toBe(20);
    expect(result).toEqual({
      made,
      told: [...made.map((id) => `created ${id}`), `updated ${made[0]!}`],
      paged: made,
      exported: made,
      name: `${tag} 0, again`,
      hasEtag: true,
      faults: 2,
      left: 'AbortError',
    });
  }

  it('has what was built and nothing else, and needs what the project tests it with', () => {
    const { stdout } = spawnSync('npm', ['pack', '--dry-run', '--ignore-scripts', '--json'], {
      cwd: client.root,
      encoding: 'utf8',
    });
    const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
    const names = files.map(({ path }) => path);
    expect(names).toEqual(expect.arrayContaining(['package.json', 'README.md', 'dist/index.js', 'dist/openapi.d.ts']));
    expect(names.filter((name) => !/^(package\.json|README\.md|dist\/[\w-]+\.(js|d\.ts))$/.test(name))).toEqual([]);
    expect(manifestOf('.').devDependencies).toMatchObject(manifestOf('client').dependencies);
  });

  (node === undefined ? it.skip : it)(
    "works on the machine's own Node, while the service is killed",
    async () => {
      const child = spawn(node!, [client.path('main.mjs'), service.origin], { env: {} });
      let [output, errors] = ['', ''];
      child.stdout.on('data', (chunk) => (output += String(chunk)));
      child.stderr.on('data', (chunk) => (errors += String(chunk)));
      const ended = once(child, 'close');
      await kill('node');
      expect({ status: (await ended)[0], errors }).toEqual({ status: 0, errors: '' });
      expectAll(JSON.parse(output) as Record<string, unknown>, 'node');
    },
    60_000,
  );

  (browserPath === undefined ? it.skip : it)(
    'works in a browser, on a page of another origin, while the service is killed',
    async () => {
      const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'];
      const browser: Browser = await chromium.launch({ executablePath: browserPath!, args });
      try {
        const page = await browser.newPage();
        const errors: string[] = [];
        page.on('pageerror', (error) => errors.push(error.message));
        await page.goto(`${pagesOrigin}/index.html`);
        const running = page.evaluate(
          (origin) =>
            (globalThis as unknown as { scenario(...args: string[]): Promise<object> }).scenario(origin, 'browser'),
          service.origin,
        );
        await kill('browser');
        expectAll((await running) as Record<string, unknown>, 'browser');
        expect(errors).toEqual([]);
      } finally {
        await browser.close();
      }
    },
    60_000,
  );
});

function versionOf(file: string): number {
  return Number(/^v(\d+)/.exec(spawnSync(file, ['--version'], { encoding: 'utf8' }).stdout)?.[1]);
}

const PAGE = `<!doctype html>
<script type="importmap">
  { "imports": {
    "plinth-client": "/node_modules/plinth-client/dist/index.js",
    "openapi-fetch": "/node_modules/openapi-fetch/dist/index.mjs",
    "eventsource-parser": "/node_modules/eventsource-parser/dist/index.js"
  } }
</script>
<script type="module">
  import { scenario } from './scenario.mjs';
  globalThis.scenario = scenario;
</script>`;
