export * from '../../src/testing/database.js';
