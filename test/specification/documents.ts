import fc from 'fast-check';
import type { Specification } from '../../src/modules/specification/specification.entity.js';
import { LEVELS, PHASES } from '../../src/modules/specification/specification.fields.js';

type Row = Omit<Specification, 'id' | 'created_at' | 'updated_at' | 'deleted_at' | 'version' | 'etag' | 'resources'>;

/** Begins with a letter, so that it is a paragraph, and has every sign that means something in Markdown. */
const line = fc
  .string({
    unit: fc.oneof(fc.constantFrom(...'ab |*_[]()`#>-+~!\\<&;:\t🎈é'), fc.string({ minLength: 1, maxLength: 1 })),
    maxLength: 40,
  })
  .map((text) => `L${text.replaceAll('\0', '')}`.trim());
/** No backslash, which would take the bar that ends the cell, or a bar of its own, for a letter. */
const cell = line.map((text) => text.replaceAll('\\', '/'));
const paragraph = fc.array(line, { minLength: 1, maxLength: 3 }).map((lines) => lines.join('\n'));
/** Anything at all, also what looks like a heading of the document or like another fence. */
const code = fc
  .constantFrom('mermaid', 'typescript', '')
  .chain((language) =>
    fc
      .array(
        fc.oneof(line, fc.constantFrom('## Goals', '# x', '', '  ', '```', '| a | b |', '1. x', '    x', '<!--')),
        { maxLength: 5 },
      )
      .map((lines) => ['~~~~'.concat(language), ...lines, '~~~~'].join('\n')),
  );
const block = fc.oneof(
  paragraph,
  code,
  fc
    .array(line, { minLength: 1, maxLength: 3 })
    .map((items) => items.map((item) => `- ${item}\n  - ${item}`).join('\n')),
  line.map((text) => `> ${text}\n> ## ${text}`),
  line.map((text) => `#### ${text}`),
  fc
    .array(cell, { minLength: 2, maxLength: 2 })
    .map(([a, b]) => `| ${a!.replaceAll('|', '')} | b |\n|---|:-:|\n| ${b!.replaceAll('|', '')} | c |`),
  fc.constantFrom(
    '<!-- ## Goals\n\n# x -->',
    '***',
    '[a]: https://example.org "b"',
    '###### ',
    '    indented\n\n    code',
    'Two\\\nlines  \nthree',
  ),
);
const prose = fc.array(block, { maxLength: 2, size: 'xsmall' }).map((blocks) => blocks.join('\n\n'));
const lines = fc.array(line, { maxLength: 3, size: 'xsmall' });
const nullable = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: null });
const day = fc
  .date({ min: new Date('1000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
  .map((at) => at.toISOString().slice(0, 10));
const level = fc.constantFrom(...LEVELS);
const risks = fc.array(fc.record({ risk: cell, impact: level, likelihood: level, mitigation: cell }), { maxLength: 3 });
const texts = <K extends string>(...names: K[]) =>
  nullable(fc.record(Object.fromEntries(names.map((name) => [name, line]))) as fc.Arbitrary<Record<K, string>>);

/** All that the Markdown has of a specification, in the first phases, which ask for no section. */
export const specifications: fc.Arbitrary<Row> = fc.record({
  // A heading may end with number signs of its own.
  name: line.map((text) => (text.endsWith('#') ? `${text}.` : text)),
  status: fc.constantFrom(null, ...PHASES.slice(0, 2)),
  target_release: nullable(line),
  target_date: nullable(day),
  overview: prose,
  goals: lines,
  non_goals: fc.array(line, { maxLength: 12 }),
  background: prose,
  architecture: prose,
  core_components: prose,
  data_models: prose,
  api: prose,
  database_schema: prose,
  performance: texts('latency', 'throughput', 'resource_usage'),
  security: lines,
  privacy: lines,
  scalability: lines,
  metrics: lines,
  alerts: lines,
  unit_tests: prose,
  integration_tests: prose,
  performance_tests: prose,
  deployment: nullable(fc.record({ steps: lines, rollback: line })),
  rollout: lines,
  migration: texts('data', 'code', 'users'),
  technical_risks: risks,
  business_risks: risks,
  dependencies: texts('external', 'internal', 'infrastructure'),
  success_metrics: fc.array(fc.record({ metric: line, target: line, measurement: line }), { maxLength: 11 }),
  future: lines,
  timeline: nullable(
    fc.record({
      design_review: nullable(day),
      implementation_start: nullable(day),
      testing_complete: nullable(day),
      rollout_complete: nullable(day),
    }),
  ),
  sources: lines,
  alternatives: prose,
  capacity: prose,
  cost: prose,
});
