import { MarkdownDocument, markdownShape, markdownWord, type MarkdownShape } from 'plinth';
import type { Specification } from './specification.entity.js';
import * as fields from './specification.fields.js';

const { prose, list, lists, nested, record, table, orNull } = markdownShape;
const { text, oneOf, orPlaceholder } = markdownWord;
const numbered = list('1.');
const bullets = list('-');
const level = oneOf(fields.LEVELS);
const phase = orPlaceholder('[Planning | Implementation | Review | Complete]', oneOf(fields.PHASES));
const day = orPlaceholder('[YYYY-MM-DD]', markdownWord.day);

const status = record<Pick<Specification, 'status' | 'target_release' | 'target_date'>>('-', {
  status: ['**Current Phase**: ', phase],
  target_release: ['**Target Release**: ', orPlaceholder('[Version x.y.z]', text)],
  target_date: ['**Target Date**: ', day],
});
const performance = record<fields.Performance>('-', {
  latency: ['Latency: ', text],
  throughput: ['Throughput: ', text],
  resource_usage: ['Resource usage: ', text],
});
/** The last step is the way back. */
const deployment: MarkdownShape<fields.Deployment> = {
  write: (value) => numbered.write(value && [...value.steps, value.rollback]),
  read: (content) => {
    const steps = numbered.read(content);
    return { steps: steps.slice(0, -1), rollback: steps.at(-1) ?? '' };
  },
};
const item = ['', text] as const;
const migration = record<fields.Migration>('1.', { data: item, code: item, users: item });
const dependencies = record<fields.Dependencies>('1.', { external: item, internal: item, infrastructure: item });
const monitoring = lists<Pick<Specification, 'metrics' | 'alerts'>>({
  metrics: 'Metrics to track:',
  alerts: 'Alert conditions:',
});
// #region risks
const risks = table<fields.Risk>({
  risk: ['Risk', '------', text],
  impact: ['Impact', '---------', level],
  likelihood: ['Likelihood', '------------', level],
  mitigation: ['Mitigation', '------------', text],
});
// #endregion
const successMetrics = nested<fields.SuccessMetric, Omit<fields.SuccessMetric, 'metric'>>(
  { text: ({ metric }) => metric, below: (value) => value },
  record('-', { target: ['Target: ', text], measurement: ['Measurement: ', text] }),
  (metric, more) => ({ metric, ...more }),
);
const timeline = record<fields.Timeline>('-', {
  design_review: ['Design Review: ', day],
  implementation_start: ['Implementation Start: ', day],
  testing_complete: ['Testing Complete: ', day],
  rollout_complete: ['Rollout Complete: ', day],
});

/** The template: every heading, and where its content is in a row. */
export const DOCUMENT = new MarkdownDocument<Specification>({
  title: 'Technical Specification: ',
  name: 'name',
  sections: (make) => [
    make.one(2, 'Overview', 'overview', prose),
    make.several(2, 'Status', ['status', 'target_release', 'target_date'], status),
    make.one(2, 'Goals', 'goals', numbered),
    make.one(2, 'Non-Goals', 'non_goals', numbered),
    make.one(2, 'Background and Strategic Fit', 'background', prose),
    make.heading(2, 'Detailed Design'),
    make.one(3, 'System Architecture', 'architecture', prose),
    make.one(3, 'Core Components', 'core_components', prose),
    make.one(3, 'Data Models', 'data_models', prose),
    make.one(3, 'API Design', 'api', prose),
    make.one(3, 'Database Schema', 'database_schema', prose),
    make.one(2, 'Performance Requirements', 'performance', orNull(performance)),
    make.one(2, 'Security Considerations', 'security', numbered),
    make.one(2, 'Privacy Considerations', 'privacy', numbered),
    make.one(2, 'Scalability', 'scalability', bullets),
    make.several(2, 'Monitoring and Alerting', ['metrics', 'alerts'], monitoring),
    make.heading(2, 'Testing Strategy'),
    make.one(3, 'Unit Tests', 'unit_tests', prose),
    make.one(3, 'Integration Tests', 'integration_tests', prose),
    make.one(3, 'Performance Tests', 'performance_tests', prose),
    make.one(2, 'Deployment Strategy', 'deployment', orNull(deployment)),
    make.one(
      2,
      'Rollout Plan',
      'rollout',
      list('1.', (n) => `Phase ${n}: `),
    ),
    make.one(2, 'Migration Strategy', 'migration', orNull(migration)),
    make.heading(2, 'Risks and Mitigations'),
    make.one(3, 'Technical Risks', 'technical_risks', risks),
    make.one(3, 'Business Risks', 'business_risks', risks),
    make.one(2, 'Dependencies', 'dependencies', orNull(dependencies)),
    make.one(2, 'Success Metrics', 'success_metrics', successMetrics),
    make.one(2, 'Future Considerations', 'future', numbered),
    make.one(2, 'Timeline', 'timeline', orNull(timeline)),
    make.one(2, 'References', 'sources', numbered),
    make.heading(2, 'Appendix'),
    make.one(3, 'A1: Alternative Approaches Considered', 'alternatives', prose),
    make.one(3, 'A2: Capacity Planning', 'capacity', prose),
    make.one(3, 'A3: Cost Analysis', 'cost', prose),
  ],
});
