import type { Specification } from './specification.entity.js';

/** The suites write many rows, and each section that is written is read back. */
const empty = (): string => '';

/** Values for the suites that every module inherits, of the fields whose values a rule limits: the `n`th good one of each. */
export const sample: { readonly [Name in keyof Specification]?: (n: number) => Specification[Name] } = {
  name: (n) => `Feature ${n}`,
  status: () => 'planning',
  target_release: (n) => `0.${n}.0`,
  resources: (n) => (n % 2 === 0 ? [] : ['resource']),
  background: empty,
  architecture: empty,
  core_components: empty,
  data_models: empty,
  database_schema: empty,
  unit_tests: empty,
  integration_tests: empty,
  performance_tests: empty,
  alternatives: empty,
  capacity: empty,
};
