// Jest imports it before there is a compiler: Node itself takes the types away.
export { default } from '../../src/testing/global-setup.ts';
