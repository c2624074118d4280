import { problemOf } from '../client.js';
import type { Subject } from '../subject.js';

/** Several writes in one request. */
export function batch(subject: Subject): void {
  const batch = (operations: unknown[], rest: object = {}) =>
    subject.client.post(`${subject.path}:batch`, { operations, ...rest });
  const exists = async (id: string) => (await subject.client.get(`${subject.path}/${id}`)).status === 200;

  it('does all kinds of operations in order, in one transaction', async () => {
    const { id, etag, data: before } = await subject.made();
    const body = subject.body({ id: 'b-1' });
    const twice = subject.change(body);
    const { id: gone } = await subject.made();
    const answer = await batch([
      { op: 'create', body },
      { op: 'update', id, body: subject.change(before), if_match: etag },
      subject.offers('replace')
        ? { op: 'replace', id: 'b-2', body: subject.body() }
        : { op: 'create', body: subject.body({ id: 'b-2' }) },
      { op: 'update', id: 'b-1', body: twice },
      { op: 'delete', id: gone },
    ]);
    expect(answer.status).toBe(200);
    const { data } = answer.body as { data: { index: number; status: number; data?: Record<string, unknown> }[] };
    expect(data.map(({ index, status }) => [index, status])).toEqual([
      [0, 201],
      [1, 200],
      [2, 201],
      [3, 200],
      [4, 204],
    ]);
    expect(data[3]!.data).toMatchObject({ id: 'b-1', ...twice });
    expect(await exists(gone)).toBe(false);
  });

  it('keeps nothing of an atomic batch when one operation fails, and names it', async () => {
    const { field } = subject;
    const isAny = subject.model.fields.find(field)!.type === 'json';
    const { id } = await subject.made();
    const good = { op: 'create', body: subject.body({ id: 'b-none' }) };
    const invalid = await batch([good, { op: 'update', id, body: { [field]: {}, nope: 1 } }], { atomic: true });
    const { errors } = problemOf(invalid, 422, 'validation-failed');
    expect(errors.map(({ pointer }) => pointer).sort()).toEqual(
      ['#/operations/1/body/nope', ...(isAny ? [] : [`#/operations/1/body/${field}`])].sort(),
    );
    const stale = problemOf(await batch([good, { op: 'delete', id, if_match: '"stale"' }]), 412, 'precondition-failed');
    expect(stale.errors).toEqual([expect.objectContaining({ pointer: '#/operations/1/if_match' })]);
    const missing = problemOf(await batch([good, { op: 'delete', id: 'nobody' }]), 404, 'not-found');
    expect(missing.errors).toEqual([expect.objectContaining({ pointer: '#/operations/1' })]);
    const twice = problemOf(
      await batch([good, { ...good, body: subject.body({ id: 'b-none' }) }]),
      409,
      'already-exists',
    );
    expect(twice.errors).toEqual([expect.objectContaining({ pointer: '#/operations/1/body/id' })]);
    expect(await exists('b-none')).toBe(false);
  });

  it('does what can be done of one that is not atomic, and says how each went', async () => {
    const answer = await batch(
      [
        { op: 'create', body: subject.body({ id: 'b-part' }) },
        { op: 'create', body: subject.body({ id: 'b-part' }) },
        { op: 'create', body: { nope: 1 } },
        { op: 'update', id: 'nobody', body: {} },
        { op: 'create', body: subject.body({ id: 'b-last' }) },
      ],
      { atomic: false },
    );
    expect(answer.status).toBe(207);
    const { data } = answer.body as { data: { status: number; problem?: Record<string, unknown> }[] };
    expect(data.map(({ status }) => status)).toEqual([201, 409, 422, 404, 201]);
    expect(data[1]!.problem).toMatchObject({ code: 'already-exists', type: '/problems/already-exists', status: 409 });
    expect([await exists('b-part'), await exists('b-last')]).toEqual([true, true]);
  });

  it('keeps nothing of a dry run', async () => {
    const path = `${subject.path}:batch?dry_run=true`;
    const answer = await subject.client.post(path, {
      operations: [{ op: 'create', body: subject.body({ id: 'b-dry' }) }],
    });
    expect(answer.status).toBe(200);
    expect(await exists('b-dry')).toBe(false);
  });

  it('refuses an envelope that is wrong, all faults at once', async () => {
    const many = Array.from({ length: 101 }, () => ({ op: 'delete', id: 'x' }));
    for (const operations of [[], many, 'x', undefined]) {
      problemOf(await subject.client.post(`${subject.path}:batch`, { operations }), 422, 'validation-failed');
    }
    const { errors } = problemOf(
      await batch(
        [{ op: 'drop' }, 7, { op: 'delete' }, { op: 'create', id: 'x', body: [] }, { op: 'delete', id: 'x', nope: 1 }],
        { atomic: 'yes' },
      ),
      422,
      'validation-failed',
    );
    expect(errors.map(({ pointer }) => pointer)).toEqual([
      '#/atomic',
      '#/operations/0/op',
      '#/operations/0/id',
      '#/operations/0/body',
      '#/operations/1',
      '#/operations/2/id',
      '#/operations/3/id',
      '#/operations/3/body',
      '#/operations/4',
    ]);
    problemOf(
      await subject.client.post('/api/nothing:batch', { operations: many.slice(0, 1) }),
      404,
      'route-not-found',
    );
  });

  it('gives none up where many change the same rows at the same time, in any order', async () => {
    const made = await Promise.all(Array.from({ length: 12 }, () => subject.made()));
    const ids = made.map(({ id }) => id);
    const change = (id: string, n: number) =>
      n % 3 === 0 || (n % 3 === 1 && !subject.offers('replace'))
        ? { op: 'update', id, body: subject.change() }
        : n % 3 === 1
          ? { op: 'replace', id, body: subject.body() }
          : { op: 'create', body: subject.body({ id: `new-${n % 5}-${id.slice(-12)}` }) };
    const shuffled = () => [...ids].map((id) => [Math.random(), id] as const).sort(([a], [b]) => a - b);
    const ask = (n: number) => {
      const operations = shuffled().map(([, id], m) => change(id, n % 4 === 0 ? 3 * m + 2 : 3 * m + (n % 2)));
      return batch(operations, { atomic: n % 3 !== 0 });
    };
    // As many clients as there are connections: nobody has to wait for one of those.
    const client = async (first: number) => {
      const own: Awaited<ReturnType<typeof ask>>[] = [];
      for (let n = first; n < 80; n += 10) own.push(await ask(n));
      return own;
    };
    const answers = (await Promise.all(Array.from({ length: 10 }, (_, n) => client(n)))).flat();
    expect(answers.filter(({ status }) => ![200, 207, 409].includes(status)).map(({ text }) => text)).toEqual([]);
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(20);
  });
}
