import { testRun } from './run.js';

describe('the arguments of npm test', () => {
  it('name modules, whose specs and contract are run on SQLite', () => {
    expect(testRun(['resource', '-t', 'resource'])).toEqual({
      args: ['src/modules/resource/', 'test/contract', '-t', 'resource'],
      env: { TEST_MODULES: 'resource', TEST_ENGINES: process.env.TEST_ENGINES ?? 'sqlite' },
    });
  });

  it.each([[[]], [['--json']], [['test/contract']], [['-t', 'resource']], [['resource', 'test/http']], [['nowhere']]])(
    'are those of Jest: %j',
    (args) => {
      expect(testRun(args)).toEqual({ args, env: {} });
    },
  );
});
