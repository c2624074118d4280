import fc from 'fast-check';
import { ANYBODY } from '../access/caller.js';
import { DomainError } from '../problems/domain-error.js';
import { CrudModel } from './crud.model.js';
import { MergePatch, Replacement } from './endpoints/bodies.js';
import { Field } from '../fields/field.decorator.js';
import { CrudEntity } from '../rows/crud.entity.js';
import { IsEmail, Matches } from 'class-validator';

class Loan extends CrudEntity {
  @Field({ type: 'string', minLength: 1, maxLength: 10, writable: true })
  title!: string;

  @Field({ type: 'string', nullable: true, writable: true })
  @IsEmail()
  contact!: string | null;

  @Field({ type: 'integer', default: 7, minimum: 1, writable: true })
  days!: number;

  @Field({ type: 'timestamp', nullable: true, writable: true })
  due_at!: string | null;

  @Field({ type: 'string', nullable: true, writable: 'create' })
  @Matches(/^[A-Z]+$/, { message: '$property must be upper case' })
  code!: string | null;
}

const model = new CrudModel('loan', Loan);
const before = { id: '1', title: 'a', contact: null, days: 1, due_at: null, code: 'X' } as unknown as CrudEntity;
const faults = (check: () => unknown): (string | undefined)[] => {
  try {
    check();
  } catch (error) {
    if (error instanceof DomainError)
      return error.errors.map(({ pointer, code }) => `${String(pointer)} ${code}`).sort();
    throw error;
  }
  return [];
};

describe('the model of a module', () => {
  it('completes what a body leaves out', () => {
    expect(model.withDefaults({ title: 'a' }, ANYBODY)).toEqual({
      title: 'a',
      contact: null,
      days: 7,
      due_at: null,
      code: null,
    });
    expect(model.replacement('1', new Replacement({ id: '1', title: 'b' }), ANYBODY, null)).toEqual({
      title: 'b',
      contact: null,
      days: 7,
      due_at: null,
      code: null,
    });
  });

  it("runs the kernel's rules and class-validator's own", () => {
    expect(faults(() => model.checkCreate({}))).toEqual(['#/title required']);
    expect(
      faults(() => model.checkCreate({ title: '', contact: 'no', days: 0, code: 'x', due_at: '2026-02-30T00:00:00Z' })),
    ).toEqual([
      '#/code matches',
      '#/contact isEmail',
      '#/days out-of-range',
      '#/due_at wrong-type',
      '#/title too-short',
    ]);
    expect(
      faults(() =>
        model.checkCreate({ title: 'a', contact: 'a@example.org', code: 'X', due_at: '2026-11-24T00:00:00+01:00' }),
      ),
    ).toEqual([]);
    expect(faults(() => model.patched(new MergePatch({ code: 'Y', title: null, id: '2' }), ANYBODY, before))).toEqual([
      '#/code read-only',
      '#/id read-only',
      '#/title wrong-type',
    ]);
  });

  it('takes what a GET gave as it is, and refuses a change of what is read-only', () => {
    const shown = { id: '1', title: 'a', contact: null, days: 1, due_at: null, code: 'X' };
    expect(model.replacement('1', new Replacement(shown), ANYBODY, before)).toEqual({
      title: 'a',
      contact: null,
      days: 1,
      due_at: null,
      code: 'X',
    });
    expect(model.replacement('1', new Replacement({ title: 'a' }), ANYBODY, before)).toMatchObject({ code: 'X' });
    expect(model.patched(new MergePatch(shown), ANYBODY, before)).toEqual({
      title: 'a',
      contact: null,
      days: 1,
      due_at: null,
    });
    const changed = new Replacement({ ...shown, code: 'Y', version: 7 });
    expect(faults(() => model.replacement('1', changed, ANYBODY, before))).toEqual([
      '#/code read-only',
      '#/version read-only',
    ]);
  });

  it('has one spelling for an instant', () => {
    expect(model.patched(new MergePatch({ due_at: '2026-11-24T01:00:00+01:00' }), ANYBODY, before)).toEqual({
      due_at: '2026-11-24T00:00:00.000Z',
    });
  });

  it('applies patches as RFC 7396 says', () => {
    const value = {
      title: fc.string({ minLength: 1, maxLength: 10, unit: 'grapheme-ascii' }),
      days: fc.integer({ min: 1, max: 99 }),
    };
    const patch = fc.record({ ...value, contact: fc.constant(null) }, { requiredKeys: [] });
    fc.assert(
      fc.property(patch, (members) => {
        const after = { ...before, ...model.patched(new MergePatch(members), ANYBODY, before) };
        expect(after).toEqual(mergePatch(before, members));
      }),
    );
  });

  it('refuses names that are not snake_case', () => {
    expect(() => {
      class Wrong {
        @Field({ type: 'string' })
        camelCase!: string;
      }
      return Wrong;
    }).toThrow('snake_case');
  });
});

/** The pseudocode of RFC 7396 section 2; null in a row stands for a member that is not there. */
function mergePatch(target: object, patch: object): object {
  const result: Record<string, unknown> = { ...target };
  for (const [name, value] of Object.entries(patch)) result[name] = value;
  return result;
}
