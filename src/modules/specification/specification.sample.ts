import type { Specification } from './specification.entity.js';

/** Values for the suites that every module inherits, of the fields whose values a rule limits: the `n`th good one of each. */
export const sample: { readonly [Name in keyof Specification]?: (n: number) => Specification[Name] } = {
  name: (n) => `Feature ${n}`,
  status: () => 'planning',
  target_release: (n) => `0.${n}.0`,
  resources: (n) => (n % 2 === 0 ? [] : ['resource']),
};
