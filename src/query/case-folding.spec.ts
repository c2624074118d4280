import { caseVariants, variantsIn } from './case-folding.js';

describe('letters without regard to case', () => {
  it.each(['aA', 'áÁ', 'sSſ', 'kK\u212a', 'åÅ\u212b', 'σςΣ', 'ßẞ', 'ǆǅǄ', 'µμΜ', '𐐨𐐀', 'жЖ'])('%s are one', (all) => {
    for (const letter of all) expect(new Set(caseVariants(letter))).toEqual(new Set(all));
  });

  it.each(['1', 'ı', 'İ', 'ﬁ', '字', '^', '\\', '😀'])('%s is alone', (letter) => {
    expect(caseVariants(letter)).toEqual([letter]);
  });

  it('are told by one that takes the fewest bytes, so that a text does not grow', () => {
    expect([caseVariants('\u212a')[0], caseVariants('ẞ')[0], caseVariants('Ⱥ')[0]]).toEqual(['K', 'ß', 'Ⱥ']);
  });

  it('are counted once, whatever their case', () => {
    expect(variantsIn(['Map 7', 'MAP', 'K'])).toEqual([
      ['M', 'm'],
      ['A', 'a'],
      ['P', 'p'],
      ['K', 'k', '\u212a'],
    ]);
  });
});
