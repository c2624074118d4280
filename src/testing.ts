/**
 * The tests that every module inherits, and what a test of a project's own needs: `import { contractSuites } from
 * 'plinth/testing'`. With Jest and supertest, which the project brings.
 */
export { contractSuites, type ContractOptions } from './testing/contract-suites.js';
export { Client, problemOf, type Ask, type Method } from './testing/client.js';
export { engines } from './testing/database.js';
export { ruleOf } from './testing/rule.js';
export { startService, type TestService, type TestServiceOptions } from './testing/service.js';
export type { Engine } from './database/session.js';
