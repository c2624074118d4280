export * from '../../src/testing/sse.js';
