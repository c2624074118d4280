import { jestConfig } from './src/testing/jest.ts';

/** Unit specs stand beside their source; e2e specs in test/ speak real HTTP to real databases. */
export default {
  ...jestConfig,
  testEnvironment: '<rootDir>/test/support/environment.mjs',
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
  moduleNameMapper: {
    ...jestConfig.moduleNameMapper,
    '^plinth$': '<rootDir>/src/plinth.ts',
    '^plinth/testing$': '<rootDir>/src/testing.ts',
    '^plinth-client$': '<rootDir>/client/src/index.ts',
  },
};
