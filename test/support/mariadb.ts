// Named as it is: benchmarks import this without a compiler.
export * from '../../src/testing/mariadb.ts';
