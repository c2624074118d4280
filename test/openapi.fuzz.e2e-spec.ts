import fc from 'fast-check';
import type { OpenAPIV3_1 } from 'openapi-types';
import { startGuarded } from './support/access.js';
import { Client } from '../src/testing/client.js';
import { engines } from '../src/testing/database.js';
import { Contract, type Operation, type Schema } from './support/openapi.js';

const TIME_MS = 12_000;
/** Things that a client could not guess from the schema: that a value is refused is in the words of the parameter. */
const OPAQUE = ['cursor', 'filter', 'after', 'sort', 'If-Match', 'If-None-Match', 'Last-Event-ID'];
/** Headers that mean something to a client: where they are sent they are documented. */
const TELLING =
  /^(etag|location|link|retry-after|www-authenticate|allow|accept-patch|ratelimit.*|preference-applied|idempotency-replayed|content-disposition|deprecation|sunset)$/;
const IDS = ['f0', 'f1', 'f2', 'f3', 'f4', 'f5'];

interface Drawn {
  readonly operation: Operation;
  readonly query: readonly (readonly [name: string, value: string])[];
  readonly headers: Readonly<Record<string, string>>;
  readonly id: string;
  readonly body: unknown;
}

/**
 * Requests drawn from the document, with values that it allows and others; each answer is one that it describes: status,
 * code, type, headers, schema. What it does not allow is refused, what it allows is not.
 */
describe.each(engines())('the document on %s, against what the service answers', (engine) => {
  let test: Awaited<ReturnType<typeof startGuarded>>;
  let contract: Contract;
  let keys: Record<string, string | undefined>;
  beforeAll(async () => {
    test = await startGuarded(engine, { widget: true, env: { RATE_LIMIT: 'process', ...HIGH_LIMITS } });
    contract = new Contract((await new Client(test.origin).get('/openapi.json')).body as OpenAPIV3_1.Document);
    keys = { all: await test.keyFor('*:*'), few: await test.keyFor('resource:read'), none: undefined, bad: 'plinth_x' };
  });
  afterAll(() => test.close());

  it('finds nothing that contradicts it', async () => {
    const seen = new Map<string, number>();
    const property = fc.asyncProperty(requests(contract), caller, async (request, who) => {
      const answer = await send(test.origin, request, keys[who]);
      const { method, path } = request.operation;
      const kind = `${method} ${path} ${answer.status}`;
      seen.set(kind, (seen.get(kind) ?? 0) + 1);
      const wrong = [...faultsOf(contract, request.operation, answer), ...judge(contract, request, answer)];
      if (wrong.length > 0)
        throw new Error(JSON.stringify({ wrong, who, ...shown(request), status: answer.status, text: answer.text }));
    });
    await fc.assert(property, { numRuns: 1e6, interruptAfterTimeLimit: TIME_MS, markInterruptAsFailure: false });
    // Not for nothing: every operation was answered, and every one that can be was done.
    for (const { method, path } of contract.operations) {
      const statuses = [...seen.keys()].filter((kind) => kind.startsWith(`${method} ${path} `));
      expect({ method, path, statuses: statuses.length > 1 }).toEqual({ method, path, statuses: true });
    }
  }, 60_000);
});

const HIGH_LIMITS = {
  RATE_LIMIT_CALLER: '1000000000',
  RATE_LIMIT_ADDRESS: '1000000000',
  RATE_LIMIT_FAILURES: '1000000000',
};
const caller = fc.constantFrom('all', 'all', 'all', 'all', 'all', 'all', 'few', 'none', 'bad');

function requests(contract: Contract): fc.Arbitrary<Drawn> {
  const of = contract.operations.map((operation) => {
    const query = operation.parameters.filter((one) => one.in === 'query');
    return fc.record({
      operation: fc.constant(
        Object.assign(operation, { [fc.toStringMethod]: () => `${operation.method} ${operation.path}` }),
      ),
      query: fc
        .tuple(...query.map((one) => fc.option(queryValue(contract, one), { freq: 2, nil: null })), unknownParameter)
        .map((all) => all.filter((one) => one !== null).flat() as [string, string][]),
      headers: headersOf(operation),
      id: fc.oneof(
        { weight: 6, arbitrary: fc.constantFrom(...IDS) },
        { weight: 1, arbitrary: fc.string({ minLength: 1 }) },
      ),
      body: bodyOf(contract, operation),
    });
  });
  return fc.oneof(...of);
}

const unknownParameter = fc.option(fc.constant([['nope', '1']]), { freq: 30, nil: null });

/** One value, or several for an array, in either of OpenAPI's styles. */
function queryValue(
  contract: Contract,
  { name, schema, example }: OpenAPIV3_1.ParameterObject,
): fc.Arbitrary<string[][]> {
  const valid = contract.valid(schema as Schema);
  const written = fc.oneof(
    { weight: 8, arbitrary: valid },
    { weight: 1, arbitrary: fc.string() },
    ...(example === undefined ? [] : [{ weight: 4, arbitrary: fc.constant(example as unknown) }]),
  );
  return fc.tuple(written, fc.boolean()).map(([value, isRepeated]) => {
    if (!Array.isArray(value)) return [[name, String(value)]];
    return isRepeated ? value.map((one) => [name, String(one)]) : [[name, value.join()]];
  });
}

function headersOf({ parameters, responses, body }: Operation): fc.Arbitrary<Record<string, string>> {
  const some = (...values: string[]) => fc.option(fc.constantFrom(...values), { freq: 2, nil: undefined });
  const offered = Object.keys({ ...responses[200]?.content, ...responses[201]?.content });
  const drawn: Record<string, fc.Arbitrary<string | undefined>> = {
    'If-Match': fc.option(fc.constantFrom('*', '"x"', '"1-x", W/"y"', '', 'x'), { freq: 5, nil: undefined }),
    'If-None-Match': some('*', '"x"', 'W/"x"', 'x'),
    'Idempotency-Key': fc.option(fc.constantFrom('a', 'b', 'c', '', 'two words'), { freq: 4, nil: undefined }),
    Prefer: some('return=minimal', 'return=representation', 'wait=10'),
    'Last-Event-ID': some('1', 'x', '0123456789ab-1'),
    traceparent: some('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 'x'),
  };
  const given = parameters.filter((one) => one.in === 'header').map(({ name }) => [name, drawn[name]!] as const);
  const types = Object.keys(body);
  return fc
    .record({
      ...Object.fromEntries(given),
      accept: fc.option(fc.constantFrom(...offered, ...offered, '*/*', 'image/png'), { nil: undefined }),
      ...(types.length > 0 && {
        'content-type': fc.oneof({ weight: 15, arbitrary: fc.constantFrom(...types) }, fc.constant('text/plain')),
      }),
    })
    .map((all) => JSON.parse(JSON.stringify(all)) as Record<string, string>);
}

/** A body that the schema allows, or one with something changed in it. */
function bodyOf(contract: Contract, { body, path }: Operation): fc.Arbitrary<unknown> {
  const [schema] = Object.values(body);
  if (!schema) return fc.constant(undefined);
  const id = (drawn: unknown) =>
    path.includes('{id}') || typeof drawn !== 'object' || drawn === null || !('id' in drawn)
      ? fc.constant(drawn)
      : fc.constantFrom(...IDS).map((one) => ({ ...drawn, id: one }));
  const valid = contract.valid(schema).chain(id);
  const changed = fc
    .tuple(valid, fc.nat(), fc.constantFrom('drop', 'set', 'add'), fc.jsonValue())
    .map(([drawn, nth, how, value]) => {
      const members = { ...(drawn as Record<string, unknown>) };
      const names = Object.keys(members);
      const name = how === 'add' || names.length === 0 ? 'unheard_of' : names[nth % names.length]!;
      if (how === 'drop') Reflect.deleteProperty(members, name);
      else members[name] = value;
      return members;
    });
  return fc.oneof(
    { weight: 6, arbitrary: valid },
    { weight: 3, arbitrary: changed },
    { weight: 1, arbitrary: fc.jsonValue() },
  );
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly type: string | undefined;
  readonly text: string;
}

function urlOf({ operation, id, query }: Drawn): string {
  const search = query.map(([name, value]) => `${name}=${encodeURIComponent(value.toWellFormed())}`).join('&');
  return `${operation.path.replace('{id}', encodeURIComponent(id.toWellFormed()))}${search && `?${search}`}`;
}

async function send(origin: string, request: Drawn, key: string | undefined): Promise<Answer> {
  const { operation, body, headers } = request;
  const leave = new AbortController();
  const answer = await fetch(`${origin}${urlOf(request)}`, {
    method: operation.method.toUpperCase(),
    headers: { ...headers, ...(key !== undefined && { authorization: `Bearer ${key}` }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    redirect: 'manual',
    signal: leave.signal,
  });
  const type = answer.headers.get('content-type')?.split(';')[0];
  // A stream has no end.
  const text = type === 'text/event-stream' ? '' : await answer.text();
  leave.abort();
  return { status: answer.status, headers: answer.headers, type, text };
}

/** Where the answer is none that the document has. */
function* faultsOf(contract: Contract, { responses }: Operation, answer: Answer): Generator<string> {
  const { status, headers, type, text } = answer;
  const documented = responses[status];
  if (status >= 500) yield `status ${status}`;
  if (!documented) {
    yield `status ${status} is not documented`;
    return;
  }
  for (const [name, value] of headers) {
    if (!TELLING.test(name)) continue;
    const entry = Object.entries(documented.headers ?? {}).find(([one]) => one.toLowerCase() === name);
    if (!entry) yield `header ${name} is not documented`;
    else {
      const schema = contract.follow<OpenAPIV3_1.HeaderObject>(entry[1]).schema as Schema;
      const fault = contract.fault(schema, schema.type === 'integer' ? Number(value) : value);
      if (fault !== null) yield `header ${name}: ${fault}`;
    }
  }
  const isMinimal = headers.get('preference-applied') === 'return=minimal';
  if (!documented.content || isMinimal) {
    if (text !== '' || type !== undefined) yield 'a body that is not documented';
    return;
  }
  const content = documented.content[type ?? ''];
  if (!content) {
    yield `type ${type ?? 'none'} is not documented`;
    return;
  }
  if (!/[/+]json$/.test(type!)) return;
  const body = JSON.parse(text) as { code?: string };
  const fault = contract.fault(content.schema as Schema, body);
  if (fault !== null) yield fault;
  if (status >= 400 && !documented.description.includes(`(/problems/${body.code})`))
    yield `code ${body.code} is not documented for ${status}`;
}

/** Whether what the document allows was taken, and what it does not allow refused. */
function* judge(contract: Contract, request: Drawn, { status, text }: Answer): Generator<string> {
  const { operation, query, body, headers } = request;
  if ([401, 403, 406, 415].includes(status)) return;
  const [schema] = Object.values(operation.body);
  const isRefused = status >= 400;
  const bodyFault = schema === undefined ? null : contract.fault(schema, body);
  if (bodyFault !== null && !isRefused) yield `taken, though the body is not valid: ${bodyFault}`;
  const wrong = new Set<string>(query.some(([name]) => name === 'nope') ? ['nope'] : []);
  for (const { name, schema: of } of operation.parameters.filter((one) => one.in === 'query')) {
    const values = query.filter(([one]) => one === name).map(([, value]) => value);
    if (values.length > 0 && contract.fault(of as Schema, parsed(of as Schema, values)) !== null) wrong.add(name);
  }
  if (wrong.size > 0 && !isRefused) yield `taken, though these are not valid: ${[...wrong].join()}`;
  if (!isRefused) return;
  const { code, errors = [] } = JSON.parse(text) as { code: string; errors?: Record<string, string>[] };
  if (code === 'validation-failed' && bodyFault === null && !isBeyondSchema(operation, body, errors))
    yield 'refused, though the body is valid';
  // Rules between a parameter and what is accepted, in words only.
  for (const { parameter, header } of errors.filter((one) => one.code !== 'not-in-stream')) {
    const isBadHeader = header !== undefined && headers[canonicalName(headers, header)] !== undefined;
    if (parameter !== undefined && parameter !== 'id' && !wrong.has(parameter) && !OPAQUE.includes(parameter))
      yield `refused, though "${parameter}" is valid`;
    if (header !== undefined && !isBadHeader) yield `refused for a header that was not sent: ${header}`;
  }
}

/** Faults by rules of the kernel and of modules. */
const RULES = ['id-mismatch', 'not-in-markdown', 'unknown-module', 'missing'];

/** Rules between members, or with what is stored: in words only. */
function isBeyondSchema({ path }: Operation, body: unknown, errors: Record<string, string>[]): boolean {
  if (path.endsWith(':batch')) return true;
  return errors.every(({ code, pointer }) => RULES.includes(code!) || pointer === '#/expires_at' || body === undefined);
}

function canonicalName(headers: Readonly<Record<string, string>>, header: string): string {
  return Object.keys(headers).find((name) => name.toLowerCase() === header.toLowerCase()) ?? header;
}

function parsed({ type }: Schema, values: readonly string[]): unknown {
  if (type === 'array') return values.flatMap((value) => value.split(','));
  const [value] = values;
  if (type === 'integer') return /^-?\d+$/.test(value!) ? Number(value) : value;
  if (type === 'boolean') return value === 'true' || value === 'false' ? value === 'true' : value;
  return value;
}

function shown(request: Drawn): object {
  const { operation, headers, body } = request;
  return { method: operation.method, url: urlOf(request), headers, body: JSON.stringify(body) };
}
