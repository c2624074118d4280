import type { Specification } from './specification.entity.js';

/**
 * The `n`th good value of a field, for the suites that every module inherits: of each field whose values a rule of this
 * module limits. All others have values by their declaration.
 */
export const sample: { readonly [Name in keyof Specification]?: (n: number) => Specification[Name] } = {
  name: (n) => `Feature ${n}`,
  status: () => 'planning',
  target_release: (n) => `0.${n}.0`,
  resources: (n) => (n % 2 === 0 ? [] : ['resource']),
};
