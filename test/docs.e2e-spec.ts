import { Validator } from '@seriousme/openapi-schema-validator';
import { existsSync, readFileSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';
import { problemTypes } from '../src/http/problem.catalogue.js';
import { startApp, type TestApp } from './support/app.js';
import { Client } from './support/client.js';

interface Document {
  paths: Record<string, Record<string, { parameters: object[]; responses: Record<string, object> }>>;
}

describe('the reference', () => {
  let test: TestApp;
  let client: Client;
  let document: Document;
  beforeAll(async () => {
    test = await startApp('sqlite');
    client = new Client(test.origin);
    document = (await client.get('/openapi.json')).body as Document;
  });
  afterAll(() => test.close());

  it('is valid OpenAPI 3.1', async () => {
    const result = await new Validator().validate({ ...document });
    expect(result).toMatchObject({ valid: true });
    expect(document).toMatchObject({ openapi: '3.1.0' });
  });

  it('is the one that is committed', () => {
    // `npm run docs` writes it.
    expect(JSON.parse(readFileSync('openapi.json', 'utf8'))).toEqual(document);
  });

  it('has every method of every path, as OPTIONS tells them', async () => {
    expect(Object.keys(document.paths).sort()).toEqual([
      '/api/api-key',
      '/api/api-key/{id}',
      '/api/api-key/{id}:rotate',
      '/api/changes',
      '/api/resource',
      '/api/resource/{id}',
      '/api/resource/{id}:history',
      '/api/resource/{id}:restore',
      '/api/resource:batch',
      '/api/resource:watch',
    ]);
    for (const [path, operations] of Object.entries(document.paths)) {
      const { headers } = await client.send('options', path.replace('{id}', 'x'));
      const allowed = headers
        .allow!.toLowerCase()
        .split(', ')
        .filter((method) => method !== 'head' && method !== 'options');
      expect({ path, methods: Object.keys(operations).sort() }).toEqual({ path, methods: allowed.sort() });
    }
  });

  it('gives each operation its problems, each a code that there is', () => {
    const text = JSON.stringify(document);
    for (const [, code] of text.matchAll(/\(\/problems\/([a-z-]+)\)/g)) expect(problemTypes().has(code!)).toBe(true);
    for (const operations of Object.values(document.paths)) {
      for (const { responses, parameters } of Object.values(operations)) {
        expect(Object.keys(responses)).toEqual(
          expect.arrayContaining(['400', '401', '403', '406', '429', '500', '503']),
        );
        expect(parameters.length).toBeGreaterThan(0);
      }
    }
  });

  it('tells what the service then answers: every status that a probe provokes is documented', async () => {
    const probes: [
      method: 'get' | 'post' | 'patch' | 'put' | 'delete',
      path: string,
      url: string,
      body?: unknown,
      headers?: Record<string, string>,
    ][] = [
      ['get', '/api/resource', '/api/resource'],
      ['get', '/api/resource', '/api/resource?limit=0'],
      ['get', '/api/resource', '/api/resource?id=x'],
      ['get', '/api/resource/{id}', '/api/resource/x'],
      ['post', '/api/resource', '/api/resource', {}],
      ['post', '/api/resource', '/api/resource', { id: 'probe', name: 'x' }],
      ['post', '/api/resource', '/api/resource', { id: 'probe', name: 'x' }],
      ['post', '/api/resource', '/api/resource', 'x'],
      ['post', '/api/resource', '/api/resource', 'x', { 'content-type': 'text/plain' }],
      ['patch', '/api/resource/{id}', '/api/resource/probe', {}, { 'if-match': '"x"' }],
      ['patch', '/api/resource/{id}', '/api/resource/probe', {}, { prefer: 'return=minimal' }],
      ['put', '/api/resource/{id}', '/api/resource/probe', { name: 'y' }],
      ['post', '/api/resource/{id}:restore', '/api/resource/probe:restore'],
      ['delete', '/api/resource/{id}', '/api/resource/probe'],
      ['post', '/api/resource/{id}:restore', '/api/resource/probe:restore'],
      ['post', '/api/resource:batch', '/api/resource:batch', { operations: [] }],
    ];
    for (const [method, path, url, body, headers] of probes) {
      const { status } = await client.send(method, url, { body, ...(headers && { headers }) });
      expect({ url, status, documented: Object.keys(document.paths[path]![method]!.responses) }).toEqual({
        url,
        status,
        documented: expect.arrayContaining([String(status)]),
      });
    }
  });
});

const browserPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);
if (browserPath === undefined) {
  const line = 'NOT RUN: the reference page in a browser. Install chromium.';
  if (process.env.CI === 'true') throw new Error(line);
  process.stderr.write(`\n${line}\n`);
}

(browserPath === undefined ? describe.skip : describe)('the reference page, in a browser', () => {
  let test: TestApp;
  let browser: Browser;
  let page: Page;
  const requested: string[] = [];
  const errors: string[] = [];
  beforeAll(async () => {
    test = await startApp('sqlite');
    await new Client(test.origin).post('/api/resource', { id: 'first', name: 'Reading room' });
    const args = [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ];
    browser = await chromium.launch({ executablePath: browserPath!, args });
    page = await browser.newPage();
    page.on('request', (request) => requested.push(request.url()));
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    page.on('pageerror', (error) => errors.push(error.message));
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await test.close();
  });

  it('shows the operations and sends a request that is tried', async () => {
    await page.goto(`${test.origin}/docs`);
    const operation = page.locator('#operations-resource-read_resource');
    await operation.waitFor({ timeout: 20_000 });
    expect(await page.locator('.opblock').count()).toBe(16);
    await operation.locator('.opblock-summary').click();
    await operation.locator('input[placeholder="id"]').fill('first');
    await operation.locator('button.execute').click();
    const answer = operation.locator('.live-responses-table tr.response');
    await answer.waitFor();
    expect(await answer.innerText()).toContain('"name": "Reading room"');
    expect(errors).toEqual([]);
    for (const url of requested) expect(url.startsWith(test.origin) || url.startsWith('data:')).toBe(true);
  }, 60_000);

  it('shows changes as they come', async () => {
    const live = await browser.newPage();
    live.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    await live.goto(`${test.origin}/docs/live`);
    await live.locator('#state', { hasText: 'watching' }).waitFor();
    await new Client(test.origin).post('/api/resource', { id: 'lively', name: 'Seen live' });
    await live.locator('tbody tr', { hasText: 'Seen live' }).waitFor({ timeout: 5_000 });
    expect(await live.locator('tbody tr').first().innerText()).toContain('created');
    expect(errors).toEqual([]);
    await live.close();
  }, 60_000);
});
