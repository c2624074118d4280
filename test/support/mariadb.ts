export * from '../../src/testing/mariadb.js';
