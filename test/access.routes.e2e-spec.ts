import type { OpenAPIV3_1 } from 'openapi-types';
import { EVERY_ROW, rowWhere } from '../src/rows/row-rule.js';
import { ModuleRegistry } from '../src/crud/module.registry.js';
import { ApiDocument } from '../src/openapi/document.js';
import { setRowRule, startGuarded } from './support/access.js';
import { problemOf, type Client, type Method } from '../src/testing/client.js';
import { engines } from '../src/testing/database.js';
import { MODULES, OWN } from './support/modules.js';
import { rowsOf, type Rows } from '../src/testing/rows.js';
import { SseReader } from '../src/testing/sse.js';

interface Route {
  readonly method: Method;
  readonly path: string;
  readonly operation: OpenAPIV3_1.OperationObject;
  /** Undefined for routes of no resource module. */
  readonly module: string | undefined;
}

/** Made from the OpenAPI document: a module, and a route of it, is covered by existing. */
describe.each(engines())('every route on %s', (engine) => {
  let test: Awaited<ReturnType<typeof startGuarded>>;
  let admin: Client;
  let routes: Route[];
  let registry: ModuleRegistry;
  /** Good bodies, by module. */
  const rows = new Map<string, Rows>();
  beforeAll(async () => {
    test = await startGuarded(engine, { modules: OWN });
    ({ admin } = test);
    registry = test.app.get(ModuleRegistry);
    for (const name of MODULES) rows.set(name, await rowsOf(registry.get(name).model, admin, registry));
    routes = Object.entries(test.app.get(ApiDocument).get().paths!).flatMap(([path, operations]) =>
      Object.entries(operations as Record<Method, OpenAPIV3_1.OperationObject>).flatMap(
        ([method, operation]): Route[] => {
          const route: Route = {
            method: method as Method,
            path,
            operation,
            module: MODULES.find((name) => new RegExp(`^/api/${name}\\b(?!-)`).test(path)),
          };
          return method === 'get' && !path.endsWith(':watch') ? [route, { ...route, method: 'head' }] : [route];
        },
      ),
    );
  });
  afterAll(() => test.close());

  const send = (client: Client, { method, path, operation }: Route, id = 'nobody', body: object = {}) =>
    client.send(method, path.replace('{id}', id), operation.requestBody ? { body } : {});
  /** Those that are for everybody say so, and need none. */
  const guarded = () => routes.filter(({ operation }) => operation.security!.length > 0);
  const scopeOf = ({ operation }: Route): string => (operation.security![0] as { bearer: string[] }).bearer[0]!;
  const nameOf = ({ method, path }: Route) => `${method} ${path}`;

  it('has routes to test, those of every module', () => {
    expect(routes.length).toBeGreaterThan(25);
    for (const module of MODULES) expect(routes.filter((route) => route.module === module).length).toBeGreaterThan(0);
  });

  it('has every route that there is: one that the document does not know would be tested by nobody', () => {
    const served = test.routes
      .filter(({ method, path }) => path.startsWith('/api/') && method !== 'HEAD')
      .flatMap(({ method, path }) => {
        const plain = path
          .replaceAll(/:(\w+)\([^)]*\)/g, '{$1}')
          .replaceAll(/(?<=\/):(\w+)/g, '{$1}')
          .replace('::', ':');
        const modules = plain.includes('{module}') ? MODULES : [''];
        return modules.map((module) => `${method.toLowerCase()} ${plain.replace('{module}', module)}`);
      });
    expect(served.sort()).toEqual(
      routes
        .filter(({ method }) => method !== 'head')
        .map(nameOf)
        .sort(),
    );
  });

  it('refuses whoever has no credentials with 401, before it looks at anything else', async () => {
    for (const route of guarded()) {
      const path = route.path.replace('{id}', 'x');
      const headers = { accept: 'image/png', 'content-type': 'text/plain' };
      const answer = await admin.as().send(route.method, `${path}?nonsense=1`, { headers });
      const seen = { status: answer.status, challenge: answer.headers['www-authenticate'] };
      expect({ route: nameOf(route), ...seen }).toEqual({
        route: nameOf(route),
        status: 401,
        challenge: 'Bearer realm="plinth"',
      });
    }
  });

  it('refuses whoever lacks the scope with 403, and names it', async () => {
    for (const route of guarded()) {
      const scope = scopeOf(route);
      // All that there is but the right one.
      const others = [...new Set(guarded().map(scopeOf))].filter((one) => one !== scope);
      const answer = await send(admin.as(await test.keyFor(...others)), route);
      const seen = { status: answer.status, challenge: answer.headers['www-authenticate'] };
      const challenge = `Bearer realm="plinth", error="insufficient_scope", scope="${scope}"`;
      expect({ route: nameOf(route), ...seen }).toEqual({ route: nameOf(route), status: 403, challenge });
    }
  });

  it('lets in whoever has the scope, by its name or by a star', async () => {
    for (const route of guarded()) {
      if (route.path.endsWith(':watch')) continue;
      const scope = scopeOf(route);
      const [module, verb] = scope.split(':');
      for (const granted of [scope, `${module}:*`, `*:${verb}`]) {
        const { status } = await send(admin.as(await test.keyFor(granted)), route);
        expect({ route: nameOf(route), granted, refused: [401, 403].includes(status) }).toEqual({
          route: nameOf(route),
          granted,
          refused: false,
        });
      }
    }
  });

  it('answers for a hidden row as for a missing one, to the byte', async () => {
    const key = await test.keyFor('*:read', '*:write', '*:purge');
    const caller = admin.as(key);
    for (const [n, route] of routes.filter(({ path, module }) => module && path.includes('{id}')).entries()) {
      // A PUT that can't see the row wants to make it: that the id is taken can't be hidden.
      if (route.method === 'put') continue;
      const id = `hidden-${n}`;
      const made = await admin.post(`/api/${route.module!}`, rows.get(route.module!)!.body({ id }));
      expect({ status: made.status, body: made.body as unknown }).toMatchObject({ status: 201 });
      if (route.path.endsWith(':restore')) await admin.delete(`/api/${route.module!}/${id}`);
      setRowRule(test, route.module!, (who) => (who.can('*:*') ? EVERY_ROW : rowWhere('id', 'startswith', 'shown')));
      const answers = [await send(caller, route, id), await send(caller, route, `absent-${n}`)].map(
        ({ status, text, headers }) => ({
          status,
          text: text?.replaceAll(/"(trace_id|instance)":"[^"]*"/g, ''),
          headers: { ...headers, date: '' },
        }),
      );
      expect({ route: nameOf(route), status: answers[0]!.status }).toEqual({ route: nameOf(route), status: 404 });
      expect(answers[0]).toEqual(answers[1]);
      setRowRule(test, route.module!, () => EVERY_ROW);
      expect((await send(admin, route, id)).status).not.toBe(404);
    }
  });

  it('refuses members and parameters that it does not know', async () => {
    for (const route of routes) {
      if (route.method === 'head') continue;
      const unknown = await admin.send(route.method, `${route.path.replace('{id}', 'x')}?not_a_parameter=1`, {
        ...(route.operation.requestBody ? { body: {} } : {}),
      });
      expect({ route: nameOf(route), status: unknown.status }).toEqual({ route: nameOf(route), status: 400 });
      if (!route.operation.requestBody) continue;
      let id = 'x';
      if (route.module && route.path.includes('{id}')) {
        id = `body-${route.method}`;
        await admin.post(`/api/${route.module}`, rows.get(route.module)!.body({ id }));
      } else if (route.path.startsWith('/api/api-key/')) {
        id = ((await admin.get('/api/api-key')).body as { data: { id: string }[] }).data[0]!.id;
      }
      const { errors } = problemOf(await send(admin, route, id, { not_a_member: 1 }), 422, 'validation-failed');
      expect(errors).toContainEqual(
        expect.objectContaining({ code: 'unknown-member', detail: 'There is no member "not_a_member".' }),
      );
    }
  });

  it('sorts, filters, shows and writes by no field that the caller can not read', async () => {
    let fields = 0;
    for (const name of MODULES) {
      const { model } = registry.get(name);
      const key = await test.keyFor(`${name}:read`, `${name}:write`);
      const caller = admin.as(key);
      const id = `guarded-${name}`;
      const { body, change } = rows.get(name)!;
      const first = body({ id });
      await admin.post(`/api/${name}`, first);
      for (const { name: field, readable } of model.fields.all) {
        if (readable === true) continue;
        fields++;
        for (const query of [
          `sort=${field}`,
          `filter=${field} eq 'x'`,
          `filter=not (${field} ne null)`,
          `fields=${field}`,
        ]) {
          for (const path of [`/api/${name}`, ...(query.startsWith('filter') ? [`/api/${name}:watch`] : [])]) {
            const answer = await caller.get(`${path}?${encodeURI(query)}`);
            expect({ query, status: answer.status }).toEqual({ query, status: 400 });
            const other = await caller.get(`${path}?${encodeURI(query.replace(field, 'nothing_at_all'))}`);
            const plain = (text: string) =>
              text.replaceAll(/"trace_id":"[^"]*"/g, '').replaceAll(field, 'nothing_at_all');
            expect(plain(answer.text)).toBe(plain(other.text));
          }
        }
        // They may guess at write-only members, as at any.
        const guess = body({ [field]: 'guess' });
        for (const [method, path] of readable === false
          ? []
          : ([
              ['post', `/api/${name}`],
              ['patch', `/api/${name}/${id}`],
              ['put', `/api/${name}/${id}`],
            ] as const)) {
          const { errors } = problemOf(await caller.send(method, path, { body: guess }), 422, 'validation-failed');
          expect(errors).toEqual([expect.objectContaining({ code: 'unknown-member', pointer: `#/${field}` })]);
        }
        const stream = await SseReader.open(`${test.origin}/api/${name}:watch?initial=true`, {
          authorization: `Bearer ${key}`,
        });
        await stream.until(({ events }) => events.some(({ event }) => event === 'bookmark'));
        const changed = change(first);
        const told = JSON.stringify(Object.values(changed)[0]).replaceAll('"', '');
        await admin.patch(`/api/${name}/${id}`, changed);
        await stream.until(({ changes }) => changes.at(-1)?.event === 'updated');
        stream.close();
        const shown = [JSON.stringify(stream.events)];
        for (const path of [`/${id}`, `/${id}:history`, `?id=${id}`, ''])
          shown.push((await caller.get(`/api/${name}${path}`)).text);
        for (const accept of ['application/x-ndjson', 'text/csv'])
          shown.push((await caller.get(`/api/${name}`, { accept })).text);
        const operations = [{ op: 'update', id, body: { ...changed } }];
        shown.push((await caller.patch(`/api/${name}/${id}`, changed)).text);
        shown.push((await caller.post(`/api/${name}:batch`, { operations })).text);
        for (const text of shown) {
          expect(text).toContain(told);
          expect(text).not.toContain(field);
        }
        const others = Object.fromEntries(Object.entries(first).filter(([own]) => own !== field));
        expect((await caller.put(`/api/${name}/${id}`, others)).status).toBe(200);
        const { data } = (await admin.get(`/api/${name}/${id}`)).body as { data: Record<string, unknown> };
        expect(data[field]).toBe(first[field]);
      }
    }
    expect(fields).toBeGreaterThan(0);
  });
});
