import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { parseEntityTags } from './conditional.js';
import { DomainError } from '../problems/domain-error.js';
import { parseJson } from './json.parser.js';
import { declareProblems } from '../problems/own-problems.js';
import { problemTypes } from '../problems/problem.catalogue.js';
import { problemBody } from '../problems/problem.js';

describe('parseJson', () => {
  it('reads all JSON that JSON.parse reads, down to depth 32', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 30 }), (value) => {
        const text = JSON.stringify(value);
        expect(parseJson(Buffer.from(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('never throws anything but a problem', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          parseJson(Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(DomainError);
        }
      }),
    );
  });

  it('is not misled by colons, quotes and brackets inside of strings', () => {
    expect(parseJson(Buffer.from('{"a:\\"{[b":":\\\\"}'))).toEqual({ 'a:"{[b': ':\\' });
    expect(() => parseJson(Buffer.from('[{"a":{"b":1,"c":2}},{"a":1,"\\u0061":2}]'))).toThrow('same name');
  });
});

describe('parseEntityTags', () => {
  const tag = fc.stringMatching(/^[\x21\x23-\x7e]{0,8}$/).map((text) => `"${text}"`);

  it('finds what is in a list, strong or weak', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), tag), { minLength: 1, maxLength: 5 }),
        fc.constantFrom(',', ', ', ' ,\t', ',,'),
        (tags, comma) => {
          const parsed = parseEntityTags(
            tags.map(([weak, text]) => `${weak ? 'W/' : ''}${text}`).join(comma),
            'if-match',
          );
          for (const [, text] of tags) expect(parsed.matchesWeakly(text)).toBe(true);
          for (const [, text] of tags)
            expect(parsed.matchesStrongly(text)).toBe(tags.some(([weak, other]) => !weak && other === text));
          expect(parsed.matchesWeakly('"not there at all"')).toBe(false);
        },
      ),
    );
  });

  it('ignores elements that are empty', () => {
    for (const value of ['"a",', ',"a"', ', ,"a" ,\t,,"b",', ' "b" ,,, "a" '])
      expect(parseEntityTags(value, 'if-match').matchesStrongly('"a"')).toBe(true);
    for (const value of ['', ',', ' , ,'])
      expect(parseEntityTags(value, 'if-match')).toMatchObject({ strong: [], weak: [], any: false });
    // Not in the square of its length.
    const begin = performance.now();
    expect(() => parseEntityTags(`${', \t'.repeat(30_000)}x`, 'if-match')).toThrow(DomainError);
    expect(performance.now() - begin).toBeLessThan(2_000);
  });

  it('knows what something on the way has made of a tag', () => {
    for (const value of ['W/"1-2"', '"1-2-gzip"', 'W/"1-2--gzip"', '"1-2-br"', '"0", W/"1-2"']) {
      const refused = parseEntityTags(value, 'if-match');
      expect([refused.hasChanged, refused.matchesStrongly('"1-2"')]).toEqual([true, false]);
      expect(parseEntityTags(value, 'if-match', true).matchesStrongly('"1-2"')).toBe(true);
    }
    expect(parseEntityTags('"1-2"', 'if-match').hasChanged).toBe(false);
    expect(parseEntityTags('W/"1-3"', 'if-match', true).matchesStrongly('"1-2"')).toBe(false);
  });

  it('refuses the rest, naming the header', () => {
    for (const value of ['a', '"a', 'a"', '"a" "b"', 'w/"a"', 'W/ "a"', '*, "a"', '"a", *', '"a" , b', ',b']) {
      expect(() => parseEntityTags(value, 'if-match')).toThrow(DomainError);
    }
    expect(parseEntityTags(' * ', 'if-match').any).toBe(true);
  });
});

describe('the problem catalogue', () => {
  it('is what docs/errors.md lists, both ways', () => {
    const documented = [...readFileSync('docs/errors.md', 'utf8').matchAll(/^## (.+)$/gm)].map(([, code]) => code);
    expect(documented).toEqual([...problemTypes().keys()]);
  });

  it('takes the codes of modules, each once', () => {
    const declare = (code: string, more: object = {}) => declareProblems('loan', { [code]: { ...type, ...more } });
    const type = { status: 409, title: 'On loan', explanation: 'Somebody has it.' };
    declareProblems('loan', { 'loan-ended': type });
    declareProblems('loan', { 'loan-ended': type });
    expect(problemBody(new DomainError('loan-ended', 'x'), 'trace')).toMatchObject({
      type: '/problems/loan-ended',
      status: 409,
    });
    expect(() => declare('loan-ended')).toThrow('is there already');
    for (const code of ['not-found', 'ended', 'loan', 'loan-Ended', 'loans-ended', 'loan-', 'loan--ended'])
      expect(() => declare(code)).toThrow("needs the module's name in front");
    for (const status of [200, 399, 500, 409.5]) expect(() => declare('loan-x', { status })).toThrow('status');
    expect(() => declare('loan-x', { title: '' })).toThrow('title');
    expect(() => problemBody(new DomainError('nobody-defined-this', 'x'), 'trace')).toThrow('catalogue');
  });
});
