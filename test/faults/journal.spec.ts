import { Journal, type Entry, type Stored } from './support/journal.js';

const change = (resource_id: string, op: string, name: string, seq: number) => ({
  resource_id,
  op,
  after: JSON.stringify({ name }),
  seq,
});
const created = (outcome: Entry['outcome']): Entry => ({ op: 'created', name: 'x', id: 'a', outcome });
const ROW = { id: 'a', name: 'x' };
const NOTHING: Stored = { rows: [], changes: [] };
const ONCE: Stored = { rows: [ROW], changes: [change('a', 'created', 'x', 1)] };
const TWICE: Stored = {
  rows: [ROW, { id: 'b', name: 'x' }],
  changes: [change('a', 'created', 'x', 1), change('b', 'created', 'x', 2)],
};

describe('the journal of the suites of faults', () => {
  it.each([
    ['acknowledged', ONCE, []],
    ['unknown', ONCE, []],
    ['unknown', NOTHING, []],
    ['refused', NOTHING, []],
    ['acknowledged', NOTHING, ['created x: acknowledged, and lost', 'x: acknowledged with another id']],
    ['refused', ONCE, ['created x: refused, and done']],
    ['unknown', TWICE, ['created x: done 2 times']],
    ['acknowledged', { ...ONCE, rows: [] }, ['x: 0 rows, 1 records', 'x: acknowledged with another id']],
    ['unknown', { rows: [ROW], changes: [change('a', 'created', 'x', 3)] }, ['The numbers of the feed are not dense']],
  ] as const)('finds what contradicts a write that is %s', (outcome, stored, faults) => {
    const journal = new Journal();
    journal.entries.push(created(outcome));
    expect(journal.faultsIn(stored)).toEqual(faults);
  });

  it('finds an update that is lost, though it was recorded', () => {
    const journal = new Journal();
    const update = (name: string): Entry => ({ op: 'updated', name, id: 'a', outcome: 'acknowledged' });
    journal.entries.push(update('1'), update('2'));
    const changes = [change('a', 'updated', '1', 1), change('a', 'updated', '2', 2)];
    expect(journal.faultsIn({ rows: [{ id: 'a', name: '2' }], changes })).toEqual([]);
    expect(journal.faultsIn({ rows: [{ id: 'a', name: '1' }], changes })).toEqual(['a is 1: the last update is lost']);
  });
});
