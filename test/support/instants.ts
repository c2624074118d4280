export * from '../../src/testing/instants.js';
