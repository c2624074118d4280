import { Remembered } from './remembered.js';

describe('what is remembered', () => {
  it('is bounded by its size, and the oldest make room', () => {
    for (const length of [80, 8_000]) {
      const known = new Remembered<number>();
      const keyOf = (n: number) => String(n).padStart(length, 'x');
      const most = Math.floor(16_000_000 / (length + 1_000));
      for (let n = 0; n < most + 5; n++) known.set(keyOf(n), n, Infinity);
      expect(known.last(keyOf(4))).toBeUndefined();
      expect(known.get(keyOf(5))).toBe(5);
      expect(known.get(keyOf(most + 4))).toBe(most + 4);
      // A key that is set again, or forgotten, takes no room twice.
      for (let n = 0; n < most; n++) known.set(keyOf(most), n, Infinity);
      for (let n = 0; n < most; n++) known.forget(keyOf(-1));
      expect(known.get(keyOf(5))).toBe(5);
    }
  });
});
