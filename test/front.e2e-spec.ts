import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { startGuarded } from './support/access.js';
import { startApp } from './support/app.js';
import { Client } from '../src/testing/client.js';

const run = promisify(execFile);
const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

interface Front {
  readonly state: string;
  readonly commit: string | null;
  readonly links: Record<string, string>;
  readonly requests: readonly { readonly command: string }[];
}

/** As somebody does who copies it into a terminal. */
async function answersOf({ requests }: Front, key = ''): Promise<string[]> {
  const env = { PATH: process.env.PATH, PLINTH_KEY: key };
  const shells = requests.map(({ command }) =>
    run('sh', ['-c', command.replace('curl -s', 'curl -sS --fail')], { env }),
  );
  return (await Promise.all(shells)).map(({ stdout }) => stdout);
}

describe('the front page', () => {
  it('tells a program what this is, where all else is, and what to ask first', async () => {
    const test = await startApp('sqlite', { env: { SOURCE_COMMIT: '0123abc' } });
    const client = new Client(test.origin);
    await client.put('/api/resource/one', { name: 'x' });
    const { status, body, headers } = await client.get('/', { accept: 'application/json' });
    const front = body as Front;
    expect(status).toBe(200);
    expect(headers.vary).toContain('Accept');
    expect(front).toMatchObject({ name: 'plinth', version: '0.1.0', commit: '0123abc', state: 'ready' });
    for (const path of Object.values(front.links))
      expect({ path, status: (await client.get(path)).status }).toEqual({ path, status: 200 });
    const [newest, counted, all] = await answersOf(front);
    expect(JSON.parse(newest!)).toMatchObject({ data: [{ id: 'one' }] });
    expect(JSON.parse(counted!)).toMatchObject({ data: [{ id: 'one' }], page: { total: 1 } });
    expect(all).toMatch(/^id,.*\r\none,/);
    expect((await client.get('/version')).body).toEqual({
      name: 'plinth',
      version: '0.1.0',
      commit: '0123abc',
      node: process.versions.node,
    });
    await test.close();
  });

  it('shows a person the same', async () => {
    const test = await startApp('sqlite');
    const client = new Client(test.origin);
    const { text, headers } = await client.get('/', { accept: BROWSER });
    const { requests } = (await client.get('/')).body as Front;
    await test.close();
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    const shown = [...text.matchAll(/<pre><code>(.+?)<\/code>/g)].map(([, code]) => code!.replaceAll('&quot;', '"'));
    expect(shown.map((code) => code.replaceAll('&amp;', '&'))).toEqual(requests.map(({ command }) => command));
    expect(text).toContain('State: ready');
  });

  it('says what to send along where callers have keys, and repeats no host that is none', async () => {
    const test = await startGuarded('sqlite');
    const nobody = test.admin.as();
    const answers = await answersOf((await nobody.get('/')).body as Front, await test.keyFor('resource:read'));
    expect(JSON.parse(answers[0]!)).toMatchObject({ data: [] });
    const { text } = await nobody.get('/', { host: "a'$(id)", accept: 'application/json' });
    await test.close();
    expect(text).toContain('127.0.0.1');
    expect(text).not.toContain('$(id)');
  });
});
