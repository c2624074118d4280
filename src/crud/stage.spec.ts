import { Caller } from '../access/caller.js';
import { checkStage, stageHeaders, type Stage } from './stage.js';

describe('the stage of a module', () => {
  it('lets only callers with its scope into an alpha', () => {
    const alpha: Stage = { level: 'alpha' };
    expect(() => checkStage('loan', alpha, new Caller('a', ['loan:read']))).toThrow('route-not-found');
    expect(() => checkStage('loan', alpha, new Caller('a', ['book:alpha']))).toThrow('route-not-found');
    expect(() => checkStage('loan', alpha, new Caller('a', ['loan:alpha']))).not.toThrow();
    for (const level of ['beta', 'stable'] as const)
      expect(() => checkStage('loan', { level }, new Caller('a', []))).not.toThrow();
  });

  it('says when a deprecated one goes away', () => {
    const stage: Stage = {
      level: 'deprecated',
      since: '2026-11-24T00:00:00Z',
      sunset: '2027-06-30T12:00:00Z',
      link: '/docs',
    };
    expect(stageHeaders(stage)).toEqual({
      deprecation: '@1795478400',
      sunset: 'Wed, 30 Jun 2027 12:00:00 GMT',
      link: '</docs>; rel="deprecation"; type="text/html"',
    });
    expect(stageHeaders({ level: 'beta' })).toBeUndefined();
  });
});
