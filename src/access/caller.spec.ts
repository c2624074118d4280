import { inspect } from 'node:util';
import { Caller } from './caller.js';

describe('a caller', () => {
  it.each([
    [['resource:read'], 'resource:read', true],
    [['resource:read'], 'resource:write', false],
    [['*:read'], 'resource:read', true],
    [['*:read'], 'resource:write', false],
    [['resource:*'], 'resource:write', true],
    [['resource:*'], 'resources:write', false],
    [['resource:*'], 'resourcex', false],
    [['*:*'], 'anything:at-all', true],
    [[], 'resource:read', false],
  ] as const)('with %j: %s is %s', (scopes, scope, can) => {
    expect(new Caller('x', scopes).can(scope)).toBe(can);
  });

  it('does not grow by what it is asked', () => {
    for (const scopes of [['resource:read'], ['resource:*'], ['*:read'], ['*:*']]) {
      const caller = new Caller('x', scopes);
      const size = () => inspect(caller, { depth: 9, showHidden: true, maxArrayLength: null }).length;
      const before = size();
      for (let n = 0; n < 1_000; n++) caller.can(n % 2 ? `resource:v${n}` : `m${n}:read`);
      expect(size()).toBe(before);
    }
  });
});
