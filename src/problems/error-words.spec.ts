import { valuesIn, without, wordsOf } from './error-words.js';

const driver = (message: string, more: object = { errno: 1062, code: 'ER_DUP_ENTRY' }) =>
  Object.assign(new Error(message), more);

describe("an error's words", () => {
  it.each([
    [driver("Duplicate entry 'ann@example.org' for key 'uq_person_email'"), "Duplicate entry '…'"],
    [driver("Duplicate entry 'Ann O'Neill' for key 'x'"), "Duplicate entry '…'"],
    [driver("Data too long: 'Ann O"), "Data too long: '…'"],
    [driver('no such column: "ann"', { code: 'SQLITE_ERROR' }), "no such column: '…'"],
    [driver("Incorrect value: 'ann'", { query: 'UPDATE person' }), "Incorrect value: '…'"],
    [new SyntaxError(`Unexpected token 'a', "ann's" is not valid JSON`), "Unexpected token '…' is not valid JSON"],
    [new Error("There is no 'name'"), "There is no 'name'"],
    ['thrown', 'thrown'],
  ])('%s', (error, words) => {
    expect(wordsOf(error)).toBe(words);
  });

  it('are without values that were given, those of its cause too', () => {
    const values = valuesIn({ email: 'ann@example.org', name: 'Ann', tags: ['xy', { age: 42 }], none: null, is: true });
    expect([...values]).toEqual(['ann@example.org', 'Ann', 'xy', '42']);
    const cause = Object.assign(new TypeError('Annex of xy at 42, not 420'), { code: 'E' });
    const told = without(values, new RangeError('No mail to ann@example.org', { cause }));
    expect([told.name, told.message]).toEqual(['RangeError', 'No mail to …']);
    expect(told.cause).toMatchObject({ name: 'TypeError', message: '…ex of … at …, not 420', code: 'E' });
    expect(told.stack).toMatch(/^RangeError: No mail to …\n\s+at .*error-words\.spec/);
  });
});
