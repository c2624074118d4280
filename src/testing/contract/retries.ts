import { problemOf } from '../client.js';
import type { Subject } from '../subject.js';
import { UnwrittenLog } from '../unwritten-log.js';

/** Writes with an idempotency key. */
export function retries(subject: Subject): void {
  let count = 0;
  const key = () => ({ 'idempotency-key': `key-${++count}` });

  it('answers the same request with the stored answer, and does nothing again', async () => {
    const headers = key();
    const body = subject.body();
    const first = await subject.client.post(subject.path, body, headers);
    const again = await subject.client.post(subject.path, body, headers);
    expect(first.status).toBe(201);
    expect(first.headers).not.toHaveProperty('idempotency-replayed');
    expect({ status: again.status, text: again.text }).toEqual({ status: 201, text: first.text });
    expect(again.headers).toMatchObject({
      'idempotency-replayed': 'true',
      etag: first.headers.etag,
      location: first.headers.location,
      'content-type': first.headers['content-type'],
    });
  });

  it('replays nothing that may not be on disk', async () => {
    if (subject.engine === 'sqlite') return;
    const { id } = await subject.made();
    const body = subject.body();
    const writes = [
      (headers: Record<string, string>) => subject.client.post(subject.path, body, headers),
      (headers: Record<string, string>) => subject.client.delete(`${subject.path}/${id}`, headers),
    ];
    for (const write of writes) {
      const headers = key();
      const { text } = await write(headers);
      const log = await UnwrittenLog.begin(subject.test.url);
      expect(await write(headers)).toMatchObject({ text, headers: { 'idempotency-replayed': 'true' } });
      expect(await log.wasWritten()).toBe(true);
    }
  });

  it('does not care about the order of members, but about everything else', async () => {
    const headers = key();
    const { id } = await subject.made();
    const path = `${subject.path}/${id}`;
    problemOf(await subject.client.patch(path, { ...subject.change(), nope: 1 }, headers), 422, 'validation-failed');
    const body = subject.body({ id: `order-${count}` });
    const reversed = Object.fromEntries(Object.entries(body).reverse());
    expect((await subject.client.post(subject.path, body, headers)).status).toBe(201);
    expect((await subject.client.post(subject.path, reversed, headers)).headers['idempotency-replayed']).toBe('true');
    problemOf(
      await subject.client.post(subject.path, { ...body, ...subject.change(body) }, headers),
      422,
      'idempotency-key-reused',
    );
    problemOf(await subject.client.post(`${subject.path}?fields=id`, body, headers), 422, 'idempotency-key-reused');
    problemOf(await subject.client.patch(path, body, headers), 422, 'idempotency-key-reused');
    problemOf(await subject.client.patch(path, body, { ...headers, 'if-match': '*' }), 422, 'idempotency-key-reused');
    problemOf(await subject.client.delete(path, headers), 422, 'idempotency-key-reused');
  });

  it('replays before it looks at preconditions and existence', async () => {
    const { id, etag, data } = await subject.made();
    const path = `${subject.path}/${id}`;
    const change = subject.change(data);
    const patch = { ...key(), 'if-match': etag };
    const first = await subject.client.patch(path, change, patch);
    expect((await subject.client.patch(path, change, patch)).text).toBe(first.text);
    const remove = key();
    expect((await subject.client.delete(path, remove)).status).toBe(204);
    const again = await subject.client.delete(path, remove);
    expect(again).toMatchObject({ status: 204, text: '', headers: { 'idempotency-replayed': 'true' } });
    const restore = key();
    expect((await subject.client.post(`${path}:restore`, undefined, restore)).status).toBe(200);
    expect((await subject.client.post(`${path}:restore`, undefined, restore)).headers['idempotency-replayed']).toBe(
      'true',
    );
  });

  it('leaves the key free after a failure', async () => {
    const headers = key();
    const { id } = await subject.made();
    problemOf(await subject.client.post(subject.path, subject.body({ id }), headers), 409, 'already-exists');
    expect((await subject.client.post(subject.path, subject.body(), headers)).status).toBe(201);
  });

  it('does the write once, however many ask at once', async () => {
    const headers = key();
    const body = subject.body();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => subject.client.post(subject.path, body, headers)),
    );
    const made = answers.filter(
      ({ status, headers: given }) => status === 201 && given['idempotency-replayed'] === undefined,
    );
    expect(made).toHaveLength(1);
    for (const answer of answers) {
      if (answer.status === 409) {
        problemOf(answer, 409, 'idempotency-in-flight');
        expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
      } else expect(answer.text).toBe(made[0]!.text);
    }
  });

  it('stores nothing for a dry run', async () => {
    const headers = key();
    const body = subject.body();
    expect((await subject.client.post(`${subject.path}?dry_run=true`, body, headers)).status).toBe(201);
    const real = await subject.client.post(subject.path, body, headers);
    expect(real.status).toBe(201);
    expect(real.headers).not.toHaveProperty('idempotency-replayed');
  });

  it('keeps the answer of a batch, and of one without a body', async () => {
    const headers = key();
    const body = { operations: [{ op: 'create', body: subject.body() }] };
    const first = await subject.client.post(`${subject.path}:batch`, body, headers);
    expect((await subject.client.post(`${subject.path}:batch`, body, headers)).text).toBe(first.text);
    const minimal = { ...key(), prefer: 'return=minimal' };
    const row = subject.body();
    await subject.client.post(subject.path, row, minimal);
    expect(await subject.client.post(subject.path, row, minimal)).toMatchObject({
      status: 201,
      text: '',
      headers: { 'idempotency-replayed': 'true' },
    });
    // How the answer is wanted is no part of what makes two requests the same.
    const again = { 'idempotency-key': minimal['idempotency-key'] };
    expect(await subject.client.post(subject.path, row, again)).toMatchObject({
      status: 201,
      text: '',
      headers: { 'idempotency-replayed': 'true', 'preference-applied': 'return=minimal' },
    });
  });

  it('refuses a key that is empty, too long or not visible ASCII', async () => {
    for (const bad of ['', 'a'.repeat(256), 'a b']) {
      const { errors } = problemOf(
        await subject.client.post(subject.path, subject.body(), { 'idempotency-key': bad }),
        400,
        'invalid-parameter',
      );
      expect(errors).toEqual([expect.objectContaining({ header: 'idempotency-key' })]);
    }
    expect(
      (await subject.client.post(subject.path, subject.body(), { 'idempotency-key': 'a'.repeat(255) })).status,
    ).toBe(201);
  });
}
