import type { FieldOptions } from 'plinth';

export const PHASES = ['planning', 'implementation', 'review', 'complete'] as const;
export type Phase = (typeof PHASES)[number];
export const LEVELS = ['low', 'medium', 'high'] as const;

type Texts<K extends string> = Readonly<Record<K, string>>;
export type Performance = Texts<'latency' | 'throughput' | 'resource_usage'>;
export type Deployment = { readonly steps: readonly string[] } & Texts<'rollback'>;
export type Migration = Texts<'data' | 'code' | 'users'>;
export type Dependencies = Texts<'external' | 'internal' | 'infrastructure'>;
export type Risk = Texts<'risk' | 'mitigation'> & Readonly<Record<'impact' | 'likelihood', (typeof LEVELS)[number]>>;
export type SuccessMetric = Texts<'metric' | 'target' | 'measurement'>;
/** Days; null where none is set yet. */
export type Timeline = Readonly<
  Record<'design_review' | 'implementation_start' | 'testing_complete' | 'rollout_complete', string | null>
>;

/** Text of one paragraph, as items of lists and cells of tables have it. */
const LINE = { type: 'string', minLength: 1, maxLength: 2000 } as const;
const DAY = { type: ['string', 'null'], format: 'date' };
const LEVEL = { type: 'string', enum: LEVELS };

/** Any Markdown without headings of the first three levels. */
export const prose: FieldOptions = { type: 'text', maxLength: 60_000, default: '', writable: true };
export const lines: FieldOptions = { type: 'list', items: LINE, default: [], writable: true };

type Properties<T> = Readonly<Record<keyof T, object>>;

function object<T>(properties: Properties<T>): Readonly<Record<string, unknown>> {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
}

function document<T>(properties: Properties<T>, example: T): FieldOptions {
  return { type: 'json', schema: object(properties), example, nullable: true, writable: true };
}

function documents<T>(properties: Properties<T>, example: T): FieldOptions {
  const schema = { type: 'array', items: object(properties), maxItems: 100 };
  return { type: 'json', schema, example: [example], default: [], writable: true };
}

export const performance = document<Performance>(
  { latency: LINE, throughput: LINE, resource_usage: LINE },
  { latency: '5 ms', throughput: '1,000 requests a second', resource_usage: '200 MiB' },
);
export const deployment = document<Deployment>(
  { steps: { type: 'array', items: LINE, maxItems: 99 }, rollback: LINE },
  { steps: ['Migrate', 'Start the new image'], rollback: 'Start the old image' },
);
export const migration = document<Migration>(
  { data: LINE, code: LINE, users: LINE },
  { data: 'None', code: 'None', users: 'None' },
);
export const dependencies = document<Dependencies>(
  { external: LINE, internal: LINE, infrastructure: LINE },
  { external: 'Node', internal: 'None', infrastructure: 'MariaDB' },
);
export const risks = documents<Risk>(
  { risk: LINE, impact: LEVEL, likelihood: LEVEL, mitigation: LINE },
  { risk: 'The disk is full', impact: 'high', likelihood: 'low', mitigation: 'An alert' },
);
export const successMetrics = documents<SuccessMetric>(
  { metric: LINE, target: LINE, measurement: LINE },
  { metric: 'Failed requests', target: 'Less than 0.1 %', measurement: 'The dashboard' },
);
export const timeline = document<Timeline>(
  { design_review: DAY, implementation_start: DAY, testing_complete: DAY, rollout_complete: DAY },
  { design_review: '2026-11-28', implementation_start: null, testing_complete: null, rollout_complete: null },
);
