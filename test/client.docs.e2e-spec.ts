import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startApp } from './support/app.js';
import { freshDatabase } from '../src/testing/database.js';
import { InstalledClient } from './support/installed-client.js';
import { ready } from './support/ready.js';
import { Service } from './support/service.js';

const blocks = (language: string): string[] =>
  [...readFileSync('docs/clients.md', 'utf8').matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))].map(
    ([, text]) => text!,
  );

/** Makes the types as the document says. */
function generate(client: InstalledClient, document: string): void {
  const [, command] = blocks('sh')[0]!.trim().split('\n');
  const [npx, program, ...args] = command!.split(' ');
  expect([npx, program]).toEqual(['npx', 'openapi-typescript']);
  client.write('openapi.json', document);
  client.tool('openapi-typescript/bin/cli.js', ...args);
}

describe('docs/clients.md', () => {
  let client: InstalledClient;
  beforeAll(() => (client = new InstalledClient()), 60_000);
  afterAll(() => client.remove());

  it('shows what is typed and works, one block after the other, in types made as it says', async () => {
    const { url, drop } = await freshDatabase('sqlite');
    generate(client, readFileSync('openapi.json', 'utf8'));
    const service = await Service.spawn({ DATABASE_URL: url, LOG_LEVEL: 'fatal' });
    await ready(service);
    client.compile(blocks('ts').join('\n').replace('http://127.0.0.1:3000', service.origin));
    const output = await client.run();
    expect(output.split('\n')[0]).toBe('Hall 3');
    expect(output).toContain('There is');
    await service.kill();
    await drop();
  }, 120_000);

  it('holds for the modules of a team, in their types', async () => {
    const { origin, close } = await startApp('sqlite', { widget: true });
    generate(client, await (await fetch(`${origin}/openapi.json`)).text());
    client.compile(TEAM);
    expect(await client.run(origin)).toBe('A1 5\n');
    await close();
  }, 120_000);

  const commands = blocks('sh')
    .flatMap((text) => text.trim().split('\n'))
    .filter((line) => /^(openapi-python-client|oapi-codegen) /.test(line));
  it('names a generator for Python, and one for Go', () => {
    expect(commands).toHaveLength(2);
  });

  for (const command of commands) {
    const [program] = command.split(' ');
    const isThere = spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
    if (!isThere) process.stderr.write(`\nNOT RUN: ${command}. This machine has no ${program}.\n`);
    (isThere ? it : it.skip)(
      `${program} takes the whole document`,
      () => {
        const folder = mkdtempSync(join(tmpdir(), 'plinth-generated-'));
        cpSync('openapi.json', join(folder, 'openapi.json'));
        const { status, stdout, stderr } = spawnSync('sh', ['-c', command], { cwd: folder, encoding: 'utf8' });
        rmSync(folder, { recursive: true });
        expect({ status, stdout, stderr }).toMatchObject({ status: 0 });
        // The document says it: bodies that are not JSON are left out.
        const told = (stdout + stderr).replaceAll('Unsupported content type text/markdown', '');
        expect(told).not.toMatch(/unable to process|removal|unsupported|error:/i);
      },
      60_000,
    );
  }
});

const TEAM = `
import { createClient, type ModuleName } from 'plinth-client';
import type { paths } from './openapi.js';

const plinth = createClient<paths>({ origin: process.argv[2]! });
const widgets = plinth.module('widget');
const { data } = await widgets.create({ code: 'A1' });
await widgets.edit(data.id, ({ weight }) => ({ weight: (weight ?? 0) + 5 }), { fields: ['weight'] });
for await (const { code, weight } of widgets.all({ fields: ['code', 'weight'], filter: 'weight gt 1' }))
  console.log(code.toUpperCase(), weight);

// The compiler refuses names that are not in the document.
const names: ModuleName<paths>[] = ['resource', 'widget'];
type Fewer = Omit<paths, '/api/widget/{id}'> & { '/api/widget/{id}': Omit<paths['/api/widget/{id}'], 'put'> };
const never = () => [
  // @ts-expect-error a module that there is not
  plinth.module('gadget'),
  // @ts-expect-error keys are no module
  plinth.module('api-key'),
  // @ts-expect-error a member that must be given
  widgets.create({}),
  // @ts-expect-error a member of another type
  widgets.update('x', { weight: 'heavy' }),
  // @ts-expect-error no such field
  widgets.get('x', { fields: ['size'] }),
  // @ts-expect-error no field to sort by
  widgets.list({ sort: ['secret'] }),
  // @ts-expect-error no such verb
  widgets.act('x', 'explode'),
  // @ts-expect-error of a module without PUT
  createClient<Fewer>({ origin: '' }).module('widget').replace('x', { code: 'y' }),
  // @ts-expect-error an operation of a batch without what it needs
  widgets.batch([{ op: 'update', id: 'x' }]),
];
void [names, never];
`;
