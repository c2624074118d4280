import { problemOf } from '../client.js';
import { NO_INSTANTS } from '../instants.js';
import type { Subject } from '../subject.js';

const UUIDV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const MERGE = { 'content-type': 'application/merge-patch+json' };

/** Reads and writes of single rows. */
export function rows(subject: Subject): void {
  describe('read', () => {
    it('gives data and status, by path and by ?id= alike', async () => {
      const { id, etag, data } = await subject.made();
      const byQuery = await subject.client.get(`${subject.path}?id=${id}`);
      const byPath = await subject.client.get(`${subject.path}/${id}`);
      expect(byQuery.status).toBe(200);
      expect(byQuery.body).toEqual({ data, status: 'success' });
      expect(Object.keys(byQuery.body as object)).toEqual(['data', 'status']);
      expect(byPath.text).toBe(byQuery.text);
      expect(byPath.headers.etag).toBe(etag);
      expect(byQuery.headers.etag).toBe(etag);
      expect(data.created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      expect(Math.abs(Date.parse(data.created_at as string) - Date.now())).toBeLessThan(60_000);
      expect(Object.keys(data)).toEqual(subject.model.fields.shown().map(({ name }) => name));
      for (const hidden of ['version', 'updated_at', 'deleted_at', 'etag']) expect(data).not.toHaveProperty(hidden);
    });

    it('answers an empty or repeated id with 400, an unknown one with 404', async () => {
      const empty = problemOf(await subject.client.get(`${subject.path}?id=`), 400, 'invalid-parameter');
      expect(empty.errors).toEqual([expect.objectContaining({ parameter: 'id' })]);
      const repeated = problemOf(await subject.client.get(`${subject.path}?id=a&id=b`), 400, 'invalid-parameter');
      expect(repeated.errors).toEqual([expect.objectContaining({ parameter: 'id' })]);
      problemOf(await subject.client.get(`${subject.path}?id=nobody`), 404, 'not-found');
      problemOf(await subject.client.get(`${subject.path}/nobody`), 404, 'not-found');
    });

    it('compares ids exactly: case, accent and trailing space', async () => {
      await subject.made({ id: 'Exact-e' });
      for (const other of ['exact-e', 'EXACT-E', 'Exact-%C3%A9', 'Exact-e%20', '%20Exact-e']) {
        problemOf(await subject.client.get(`${subject.path}/${other}`), 404, 'not-found');
        problemOf(await subject.client.get(`${subject.path}?id=${other}`), 404, 'not-found');
      }
      // Proxies refuse it in a path.
      problemOf(await subject.client.get(`${subject.path}?id=Exact-e%00`), 404, 'not-found');
      expect((await subject.client.get(`${subject.path}/Exact-e`)).status).toBe(200);
      await subject.made({ id: 'exact-e' });
    });

    it('answers 304 to an If-None-Match that holds the ETag, weak or strong, alone or in a list', async () => {
      const { id, etag } = await subject.made();
      for (const header of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
        const { status, text, headers } = await subject.client.get(`${subject.path}/${id}`, {
          'if-none-match': header,
        });
        expect({ status, text, etag: headers.etag }).toEqual({ status: 304, text: '', etag });
      }
      expect((await subject.client.get(`${subject.path}/${id}`, { 'if-none-match': '"other"' })).status).toBe(200);
      const { errors } = problemOf(
        await subject.client.get(`${subject.path}/${id}`, { 'if-none-match': 'bare' }),
        400,
        'invalid-parameter',
      );
      expect(errors).toEqual([expect.objectContaining({ header: 'if-none-match' })]);
    });

    it('shows system fields when fields= asks for them', async () => {
      const { id, etag } = await subject.made();
      const { body } = await subject.client.get(`${subject.path}/${id}?fields=etag,version,deleted_at,updated_at`);
      const { data } = body as { data: Record<string, unknown> };
      expect(data).toEqual({ id, etag, version: 1, deleted_at: null, updated_at: expect.any(String) });
      problemOf(await subject.client.get(`${subject.path}/${id}?fields=nope`), 400, 'invalid-parameter');
      problemOf(await subject.client.get(`${subject.path}/${id}?nope=1`), 400, 'unknown-parameter');
    });

    it('answers HEAD as GET without the body', async () => {
      const { id, etag } = await subject.made();
      const head = await subject.client.send('head', `${subject.path}/${id}`);
      expect(head.status).toBe(200);
      expect(head.text ?? '').toBe('');
      expect(head.headers.etag).toBe(etag);
      expect((await subject.client.send('head', `${subject.path}/nobody`)).status).toBe(404);
      expect((await subject.client.send('head', subject.path)).status).toBe(200);
    });
  });

  describe('create', () => {
    it('answers 201 with Location, ETag and what was stored', async () => {
      const body = subject.body();
      const { status, headers, body: answer } = await subject.client.post(subject.path, body);
      const { data } = answer as { data: Record<string, unknown> };
      expect(status).toBe(201);
      expect(data).toMatchObject(body);
      expect(data.id).toMatch(UUIDV7);
      expect(headers.location).toBe(`${subject.path}/${String(data.id)}`);
      expect(headers.etag).toMatch(/^"[^"]+"$/);
      expect((await subject.client.get(headers.location!)).body).toEqual(answer);
    });

    it('takes an id of the client, and refuses one that is no id or taken', async () => {
      await subject.made({ id: 'My.own_id~1' });
      const { errors } = problemOf(
        await subject.client.post(subject.path, subject.body({ id: 'My.own_id~1' })),
        409,
        'already-exists',
      );
      expect(errors).toEqual([expect.objectContaining({ pointer: '#/id' })]);
      for (const id of ['', '-a', 'a b', 'a/b', 'a:b', 'é', 'a'.repeat(37), null, 1]) {
        const problem = problemOf(
          await subject.client.post(subject.path, subject.body({ id })),
          422,
          'validation-failed',
        );
        expect(problem.errors).toEqual([expect.objectContaining({ pointer: '#/id' })]);
      }
    });

    it('takes instants as RFC 3339 has them, to the millisecond, and none that is not there', async () => {
      const field = subject.free('timestamp')?.name;
      if (field === undefined) return;
      for (const [given, stored] of [
        ['2026-11-24t02:37:36.1z', '2026-11-24T02:37:36.100Z'],
        ['2026-11-24T02:37:36.123999999Z', '2026-11-24T02:37:36.123Z'],
        ['2026-11-24T00:07:36.123456-02:30', '2026-11-24T02:37:36.123Z'],
        ['2028-02-29T23:59:59+23:59', '2028-02-29T00:00:59.000Z'],
        ['2000-02-29T00:00:00-00:00', '2000-02-29T00:00:00.000Z'],
        ['2037-12-31T23:59:59.999Z', '2037-12-31T23:59:59.999Z'],
        ['1000-01-01T00:00:00Z', '1000-01-01T00:00:00.000Z'],
        ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
      ]) {
        const { id, etag, data } = await subject.made({ [field]: given });
        expect(data[field]).toBe(stored);
        const read = await subject.client.get(`${subject.path}/${id}`);
        expect(read.body).toMatchObject({ data: { [field]: stored } });
        expect((await subject.client.patch(`${subject.path}/${id}`, { [field]: given })).headers.etag).toBe(etag);
      }
      // DATETIME begins with the year 1000.
      const outside = ['0001-01-01T00:00:00Z', '0999-12-31T23:59:59Z', '1000-01-01T00:00:00+00:01'];
      for (const [code, values] of [
        ['wrong-type', NO_INSTANTS],
        ['out-of-range', outside],
      ] as const) {
        for (const value of values) {
          const answer = await subject.client.post(subject.path, subject.body({ [field]: value }));
          const { errors } = problemOf(answer, 422, 'validation-failed');
          expect({ value, errors }).toEqual({
            value,
            errors: [expect.objectContaining({ code, pointer: `#/${field}` })],
          });
        }
      }
    });

    it('names every fault of a body at once, each with its pointer', async () => {
      const { field } = subject;
      // No other type takes an object.
      const wrong =
        subject.model.fields.find(field)!.type === 'json' ? [] : [{ pointer: `#/${field}`, code: 'wrong-type' }];
      const body = { ...subject.body(), [field]: {}, created_at: '2026-01-01T00:00:00Z', nope: 1, 'a/b~c': 1 };
      const { errors } = problemOf(await subject.client.post(subject.path, body), 422, 'validation-failed');
      expect(errors.map(({ pointer, code }) => ({ pointer, code }))).toEqual(
        expect.arrayContaining([
          ...wrong,
          { pointer: '#/created_at', code: 'read-only' },
          { pointer: '#/nope', code: 'unknown-member' },
          { pointer: '#/a~1b~0c', code: 'unknown-member' },
        ]),
      );
      expect(errors).toHaveLength(3 + wrong.length);
      for (const text of ['[]', 'null', '"text"', '7'])
        problemOf(await subject.client.post(subject.path, text), 422, 'validation-failed');
    });

    it('counts strings in code points and refuses broken Unicode', async () => {
      const text = subject.free('string');
      if (!text) return;
      const { name: field, options } = text;
      const most = options.maxLength ?? 255;
      const { data } = await subject.made({ [field]: '𝒳'.repeat(most) });
      expect(data[field]).toBe('𝒳'.repeat(most));
      const longer = problemOf(
        await subject.client.post(subject.path, subject.body({ [field]: 'x'.repeat(most + 1) })),
        422,
        'validation-failed',
      );
      expect(longer.errors).toEqual([expect.objectContaining({ pointer: `#/${field}`, code: 'too-long' })]);
      problemOf(await subject.client.post(subject.path, subject.body({ [field]: 'a\0b' })), 422, 'validation-failed');
      const broken = JSON.stringify(subject.body({ [field]: 'x' })).replace('"x"', '"\\ud800"');
      problemOf(await subject.client.post(subject.path, broken), 422, 'validation-failed');
    });

    it('keeps text as it is: quotes, spaces, emoji, percent signs', async () => {
      const field = subject.free('string')?.name;
      if (field === undefined) return;
      for (const text of [`a'b"c\\d`, ' padded ', '👩‍👩‍👧 é e\u0301', '%_%', '‮']) {
        const { id, data } = await subject.made({ [field]: text });
        expect(data[field]).toBe(text);
        expect((await subject.client.get(`${subject.path}/${id}`)).body).toMatchObject({ data: { [field]: text } });
      }
    });
  });

  describe('update', () => {
    it('merges, changes the ETag, and refuses a stale one', async () => {
      const { id, etag, data } = await subject.made();
      const patch = subject.change(data);
      const changed = await subject.client.patch(`${subject.path}/${id}`, patch, { ...MERGE, 'if-match': etag });
      expect(changed.status).toBe(200);
      const expected = { ...subject.withoutFollowing(data), ...patch };
      expect(changed.body).toMatchObject({ data: expected, status: 'success' });
      expect(changed.headers.etag).not.toBe(etag);
      const stale = await subject.client.patch(`${subject.path}/${id}`, subject.change(patch), { 'if-match': etag });
      problemOf(stale, 412, 'precondition-failed');
      problemOf(
        await subject.client.patch(`${subject.path}/${id}`, subject.change(patch), {
          'if-match': `W/${changed.headers.etag}`,
        }),
        412,
        'weak-entity-tag',
      );
      const listed = { 'if-match': `"a", ${changed.headers.etag}` };
      const newest = subject.change(patch);
      expect((await subject.client.patch(`${subject.path}/${id}`, newest, listed)).status).toBe(200);
      const any = subject.change(newest);
      expect((await subject.client.patch(`${subject.path}/${id}`, any, { 'if-match': '*' })).status).toBe(200);
      expect((await subject.client.get(`${subject.path}/${id}`)).body).toMatchObject({ data: any });
    });

    it('keeps the ETag when nothing changes', async () => {
      const { id, etag, data } = await subject.made();
      const { field } = subject;
      for (const patch of [{}, { [field]: data[field] }]) {
        const { status, headers } = await subject.client.patch(`${subject.path}/${id}`, patch);
        expect({ status, etag: headers.etag }).toEqual({ status: 200, etag });
      }
    });

    it('lets exactly one of a hundred with the same ETag through', async () => {
      const { id, etag, data } = await subject.made();
      const answers = await Promise.all(
        Array.from({ length: 100 }, () =>
          subject.client.patch(`${subject.path}/${id}`, subject.change(data), { 'if-match': etag }),
        ),
      );
      const statuses = answers.map(({ status }) => status);
      expect(statuses.filter((status) => status === 200)).toHaveLength(1);
      expect(statuses.filter((status) => status === 412)).toHaveLength(99);
      const { body } = await subject.client.get(`${subject.path}/${id}?fields=version`);
      expect(body).toMatchObject({ data: { version: 2 } });
    });

    it('loses none of many concurrent updates without a condition', async () => {
      // Else some of them would change nothing.
      if (!subject.isVaried) return;
      const { id } = await subject.made();
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => subject.client.patch(`${subject.path}/${id}`, subject.change())),
      );
      expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
      expect((await subject.client.get(`${subject.path}/${id}?fields=version`)).body).toMatchObject({
        data: { version: 21 },
      });
    });

    it('refuses what is not a patch', async () => {
      const { id } = await subject.made();
      const { field } = subject;
      const wrongType = await subject.client.patch(`${subject.path}/${id}`, '<a/>', {
        'content-type': 'application/xml',
      });
      problemOf(wrongType, 415, 'unsupported-media-type');
      expect(wrongType.headers['accept-patch']).toBe('application/merge-patch+json, application/json');
      for (const body of ['[]', 'null', '"x"'])
        problemOf(await subject.client.patch(`${subject.path}/${id}`, body), 422, 'validation-failed');
      const { errors } = problemOf(
        await subject.client.patch(`${subject.path}/${id}`, { id: 'other', [field]: null, nope: null }),
        422,
        'validation-failed',
      );
      const nullable = subject.model.fields.find(field)!.nullable;
      expect(errors.map(({ pointer }) => pointer).sort()).toEqual(
        ['#/id', '#/nope', ...(nullable ? [] : [`#/${field}`])].sort(),
      );
    });

    it('looks for the row first, then at the condition, then at the body', async () => {
      const { id } = await subject.made();
      problemOf(
        await subject.client.patch(`${subject.path}/nobody`, { nope: 1 }, { 'if-match': '"stale"' }),
        404,
        'not-found',
      );
      problemOf(
        await subject.client.patch(`${subject.path}/${id}`, { nope: 1 }, { 'if-match': '"stale"' }),
        412,
        'precondition-failed',
      );
    });
  });

  describe('replace', () => {
    it('creates with 201, replaces with 200, and keeps the ETag of what is the same', async () => {
      if (!subject.offers('replace')) return;
      const body = subject.body();
      const created = await subject.client.put(`${subject.path}/put-1`, body);
      expect(created.status).toBe(201);
      expect(created.headers.location).toBe(`${subject.path}/put-1`);
      const same = await subject.client.put(`${subject.path}/put-1`, { ...body, id: 'put-1' });
      expect({ status: same.status, etag: same.headers.etag }).toEqual({
        status: 200,
        etag: created.headers.etag,
      });
      const next = subject.body();
      const replaced = await subject.client.put(`${subject.path}/put-1`, next, { 'if-match': same.headers.etag! });
      expect(replaced.status).toBe(200);
      expect(replaced.body).toMatchObject({ data: next });
      problemOf(
        await subject.client.put(`${subject.path}/put-1`, next, { 'if-match': same.headers.etag! }),
        412,
        'precondition-failed',
      );
    });

    it('only creates with If-None-Match: *, only replaces with If-Match', async () => {
      if (!subject.offers('replace')) return;
      expect((await subject.client.put(`${subject.path}/put-2`, subject.body(), { 'if-none-match': '*' })).status).toBe(
        201,
      );
      problemOf(
        await subject.client.put(`${subject.path}/put-2`, subject.body(), { 'if-none-match': '*' }),
        412,
        'precondition-failed',
      );
      problemOf(
        await subject.client.put(`${subject.path}/put-3`, subject.body(), { 'if-match': '*' }),
        412,
        'precondition-failed',
      );
    });

    it('makes one row of many concurrent creations of one id', async () => {
      if (!subject.offers('replace')) return;
      const answers = await Promise.all(
        Array.from({ length: 10 }, () =>
          subject.client.put(`${subject.path}/put-4`, subject.body(), { 'if-none-match': '*' }),
        ),
      );
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 412 || status === 409)).toHaveLength(9);
    });

    it('refuses another id in the body, an incomplete body and an id that is none', async () => {
      if (!subject.offers('replace')) return;
      problemOf(
        await subject.client.put(`${subject.path}/put-5`, { ...subject.body(), id: 'other' }),
        422,
        'validation-failed',
      );
      problemOf(await subject.client.put(`${subject.path}/put-5`, {}), 422, 'validation-failed');
      problemOf(await subject.client.put(`${subject.path}/-bad`, subject.body()), 400, 'invalid-parameter');
      problemOf(await subject.client.get(`${subject.path}/put-5`), 404, 'not-found');
    });
  });

  describe('remove and restore', () => {
    it('hides the row, and brings it back', async () => {
      const { id, etag, data } = await subject.made();
      problemOf(
        await subject.client.delete(`${subject.path}/${id}`, { 'if-match': '"stale"' }),
        412,
        'precondition-failed',
      );
      const removed = await subject.client.delete(`${subject.path}/${id}`, { 'if-match': etag });
      expect({ status: removed.status, text: removed.text }).toEqual({ status: 204, text: '' });
      problemOf(await subject.client.delete(`${subject.path}/${id}`), 404, 'not-found');
      problemOf(await subject.client.get(`${subject.path}/${id}`), 404, 'not-found');
      problemOf(await subject.client.get(`${subject.path}?id=${id}`), 404, 'not-found');
      problemOf(await subject.client.patch(`${subject.path}/${id}`, {}), 404, 'not-found');
      const restored = await subject.client.post(`${subject.path}/${id}:restore`);
      expect(restored.status).toBe(200);
      expect(restored.body).toEqual({ data, status: 'success' });
      expect(restored.headers.etag).not.toBe(etag);
      problemOf(await subject.client.post(`${subject.path}/${id}:restore`), 409, 'not-deleted');
      problemOf(await subject.client.post(`${subject.path}/nobody:restore`), 404, 'not-found');
    });

    it('begins a new life with PUT, whose ETag no old life had', async () => {
      if (!subject.offers('replace')) return;
      const { id, etag } = await subject.made();
      await subject.client.delete(`${subject.path}/${id}`);
      problemOf(await subject.client.post(subject.path, subject.body({ id })), 409, 'already-exists');
      const again = await subject.client.put(`${subject.path}/${id}`, subject.body(), { 'if-none-match': '*' });
      expect(again.status).toBe(201);
      expect(again.headers.etag).not.toBe(etag);
      problemOf(
        await subject.client.patch(`${subject.path}/${id}`, {}, { 'if-match': etag }),
        412,
        'precondition-failed',
      );
    });
  });

  describe('any write', () => {
    it('changes nothing with dry_run=true, and answers as if it had', async () => {
      const body = subject.body({ id: 'dry' });
      const created = await subject.client.post(`${subject.path}?dry_run=true`, body);
      expect(created.status).toBe(201);
      expect(created.body).toMatchObject({ data: body });
      problemOf(await subject.client.get(`${subject.path}/dry`), 404, 'not-found');
      const { id, etag, data } = await subject.made();
      const patch = subject.change(data);
      const patched = await subject.client.patch(`${subject.path}/${id}?dry_run=true`, patch);
      expect(patched.body).toMatchObject({ data: patch });
      expect((await subject.client.delete(`${subject.path}/${id}?dry_run=true`)).status).toBe(204);
      if (subject.offers('replace'))
        expect((await subject.client.put(`${subject.path}/${id}?dry_run=true`, subject.body())).status).toBe(200);
      expect((await subject.client.get(`${subject.path}/${id}`)).headers.etag).toBe(etag);
      problemOf(await subject.client.post(`${subject.path}?dry_run=true`, subject.body({ id })), 409, 'already-exists');
      problemOf(await subject.client.post(`${subject.path}?dry_run=maybe`, subject.body()), 400, 'invalid-parameter');
    });

    it('leaves the body out with Prefer: return=minimal', async () => {
      const prefer = { prefer: 'respond-async, return=minimal' };
      const body = subject.body({ id: 'min' });
      const created = await subject.client.post(subject.path, body, prefer);
      expect(created).toMatchObject({
        status: 201,
        text: '',
        headers: { 'preference-applied': 'return=minimal', location: `${subject.path}/min` },
      });
      const patched = await subject.client.patch(`${subject.path}/min`, subject.change(body), prefer);
      expect(patched).toMatchObject({ status: 204, text: '', headers: { 'preference-applied': 'return=minimal' } });
      expect(patched.headers.etag).toBe((await subject.client.get(`${subject.path}/min`)).headers.etag);
      expect(
        (await subject.client.post(subject.path, subject.body(), { prefer: 'return=representation' })).body,
      ).toHaveProperty('data');
    });

    it('needs If-Match where the module says so', async () => {
      const { id, etag } = await subject.made();
      const path = `${subject.path}/${id}`;
      const model = subject.model as { requiresIfMatch: boolean };
      model.requiresIfMatch = true;
      try {
        problemOf(await subject.client.patch(path, {}), 428, 'precondition-required');
        if (subject.offers('replace'))
          problemOf(await subject.client.put(path, subject.body()), 428, 'precondition-required');
        problemOf(await subject.client.delete(path), 428, 'precondition-required');
        problemOf(await subject.client.delete(`${subject.path}/nobody`), 404, 'not-found');
        if (subject.offers('replace'))
          expect((await subject.client.put(`${subject.path}/new-one`, subject.body())).status).toBe(201);
        expect((await subject.client.delete(path, { 'if-match': etag })).status).toBe(204);
      } finally {
        model.requiresIfMatch = false;
      }
    });

    it("says the module's stage", async () => {
      const { headers } = await subject.client.get(subject.path);
      expect({ ...headers }).toMatchObject(subject.model.stageHeaders ?? {});
      if (subject.model.name === 'widget') expect(headers.deprecation).toMatch(/^@\d+$/);
    });
  });
}
