import { Validator } from '@seriousme/openapi-schema-validator';
import { existsSync, readFileSync } from 'node:fs';
import type { OpenAPIV3_1 } from 'openapi-types';
import { chromium, type Browser, type Page } from 'playwright-core';
import { ModuleRegistry } from '../src/crud/module.registry.js';
import { declarationOf } from '../src/crud/plinth-module.js';
import { modules } from '../src/modules/index.js';
import { problemTypes } from '../src/problems/problem.catalogue.js';
import { nameOf } from '../src/rows/crud.entity.js';
import { startApp, type TestApp } from './support/app.js';
import { Client } from '../src/testing/client.js';
import { Contract, type Schema } from './support/openapi.js';
import { rowsOf } from '../src/testing/rows.js';

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
    // `npm run docs` writes it, for a service that asks who its callers are.
    const committed = readFileSync('openapi.json', 'utf8');
    const open = JSON.parse(committed, (name, value: unknown) =>
      name === 'security' && Array.isArray(value) ? [...(value as object[]), {}] : value,
    ) as object;
    expect(open).toEqual(document);
  });

  it('has every method of every path, as OPTIONS tells them', async () => {
    const own = ['/api/api-key', '/api/api-key/{id}', '/api/api-key/{id}:rotate', '/api/changes'];
    const all = [
      ...own,
      ...modules.flatMap((module) =>
        ['', ':batch', ':watch'].map((end) => `/api/${nameOf(declarationOf(module).resource)}${end}`),
      ),
    ];
    expect(Object.keys(document.paths)).toEqual(expect.arrayContaining(all));
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

describe('what the reference shows', () => {
  let test: TestApp;
  let client: Client;
  let contract: Contract;
  let document: OpenAPIV3_1.Document;
  beforeAll(async () => {
    test = await startApp('sqlite', { widget: true });
    client = new Client(test.origin);
    document = (await client.get('/openapi.json')).body as OpenAPIV3_1.Document;
    contract = new Contract(document);
    const registry = test.app.get(ModuleRegistry);
    for (const { model } of registry.all()) {
      const { body } = await rowsOf(model, client, registry);
      expect((await client.post(`/api/${model.name}`, body({ id: 'shown' }))).status).toBe(201);
    }
  });
  afterAll(() => test.close());

  it('works: each example of a parameter is taken', async () => {
    let tried = 0;
    for (const { method, path, parameters } of contract.operations) {
      for (const { name, example, in: where } of parameters) {
        if (example === undefined) continue;
        expect({ method, where }).toEqual({ method: 'get', where: 'query' });
        const url = `${path.replace('{id}', 'shown')}?${name}=${encodeURIComponent(String(example))}`;
        if (path.endsWith(':watch')) {
          const leave = new AbortController();
          expect({ url, status: (await fetch(`${test.origin}${url}`, leave)).status }).toEqual({ url, status: 200 });
          leave.abort();
        } else expect({ url, status: (await client.get(url)).status }).toEqual({ url, status: 200 });
        tried++;
      }
    }
    expect(tried).toBeGreaterThan(5);
    // Those of the problem pages, too.
    for (const { explanation } of problemTypes().values()) {
      for (const [, filter] of explanation.matchAll(/`filter=([^`]+)`/g))
        expect((await client.get(`/api/resource?filter=${encodeURIComponent(filter!)}`)).status).toBe(200);
    }
  });

  it('works: bodies made of the examples of their members are taken', async () => {
    const { CreateResource, CreateApiKey, Resource } = document.components!.schemas as Record<string, Schema>;
    const exampleOf = ({ properties }: Schema) =>
      Object.fromEntries(
        Object.entries(properties!).flatMap(([name, given]) => {
          const { examples, items } = given as Schema;
          const [one] = examples ?? (items?.examples ? [items.examples] : []);
          return one === undefined ? [] : [[name, one as unknown]];
        }),
      );
    expect((await client.post('/api/resource', exampleOf(CreateResource!))).status).toBe(201);
    expect((await client.post('/api/api-key', exampleOf(CreateApiKey!))).status).toBe(201);
    expect(contract.fault(Resource!, exampleOf(Resource!))).toBeNull();
    const { BatchDelete } = document.components!.schemas as Record<string, Schema>;
    const operation = { op: 'delete', id: 'shown', ...exampleOf(BatchDelete!) };
    const { body } = await client.post('/api/resource:batch', { atomic: false, operations: [operation] });
    expect(body).toMatchObject({ data: [{ status: 412 }] });
  });

  it('has one response for each status, by a name that all operations share', () => {
    for (const operations of Object.values(document.paths!)) {
      for (const { responses } of Object.values(operations as Record<string, OpenAPIV3_1.OperationObject>)) {
        for (const [status, response] of Object.entries(responses!)) {
          if (Number(status) >= 400) expect(response).toMatchObject({ $ref: expect.stringContaining('/responses/') });
        }
      }
    }
    const { responses, schemas } = document.components!;
    expect(responses).toMatchObject({
      NotFound: {
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/NotFoundProblem' } } },
      },
    });
    expect(schemas).toMatchObject({
      NotFoundProblem: {
        allOf: [
          { $ref: '#/components/schemas/Problem' },
          { properties: { code: { enum: expect.arrayContaining(['not-found']) } } },
        ],
      },
    });
  });

  it('describes answers as they are, whatever members are asked for', async () => {
    const { operations } = contract;
    const schemaOf = (path: string) =>
      operations.find((one) => one.path === path && one.method === 'get')!.responses[200]!.content!['application/json']!
        .schema as Schema;
    for (const path of [
      '/api/widget',
      '/api/widget/{id}',
      '/api/widget/{id}:history',
      '/api/changes',
      '/api/api-key',
    ]) {
      for (const query of ['', '?fields=id', '?fields=id&fields=id']) {
        const { status, body } = await client.get(`${path.replace('{id}', 'shown')}${query}`);
        expect({ path, query, status, fault: contract.fault(schemaOf(path), body) }).toEqual({
          path,
          query,
          status: 200,
          fault: null,
        });
      }
    }
    // One kind of answer for the list: typed clients need not tell two apart.
    expect(JSON.stringify(schemaOf('/api/widget'))).not.toMatch(/anyOf|oneOf/);
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
    const { paths } = (await new Client(test.origin).get('/openapi.json')).body as Document;
    const operations = Object.values(paths).flatMap((methods) => Object.keys(methods));
    expect(await page.locator('.opblock').count()).toBe(operations.length);
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
