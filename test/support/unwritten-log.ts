export * from '../../src/testing/unwritten-log.js';
