import { isId } from '../fields/id.js';
import { uuidv7 } from './uuid.js';

describe('uuidv7', () => {
  it('makes ids of RFC 9562, in the order they were made, none twice', () => {
    const begun = Date.now();
    const ids = Array.from({ length: 20_000 }, uuidv7);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
    expect(isId(ids[0]!)).toBe(true);
    const at = Number.parseInt(ids[0]!.replaceAll('-', '').slice(0, 12), 16);
    expect(Math.abs(at - begun)).toBeLessThan(1_000);
  });
});
