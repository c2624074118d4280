export * from '../../src/testing/rows.js';
