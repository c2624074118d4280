import { fileURLToPath } from 'node:url';

/** Sources beside this one, or what was built of them. */
const beside = (name: string): string =>
  fileURLToPath(new URL(`./${name}${import.meta.url.slice(-3)}`, import.meta.url));

/**
 * The configuration of Jest for a project with modules: specs beside their sources in `src`, and in `test` those that speak
 * HTTP to real databases. Its file `jest.config.js` is `export { jestConfig as default } from 'plinth/testing/jest';`.
 * (Erasable syntax only: Jest imports this file without a compiler.)
 */
export const jestConfig = {
  testEnvironment: beside('environment'),
  globalSetup: beside('global-setup'),
  globalTeardown: beside('global-teardown'),
  testTimeout: 30_000,
  roots: ['<rootDir>/src', '<rootDir>/test'],
  testRegex: '\\.(e2e-)?spec\\.ts$',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
          keepClassNames: true,
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
} as const;
