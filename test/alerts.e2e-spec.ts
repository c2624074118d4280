import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import { Metrics } from '../src/observability/metrics.js';
import { startGuarded } from './support/access.js';
import { engines } from '../src/testing/database.js';
import { readPromql, type Expression } from './support/promql.js';
import { SseReader } from '../src/testing/sse.js';

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
}
interface Panel {
  readonly title: string;
  readonly targets?: { readonly expr: string }[];
}

const rules = globSync('deploy/prometheus/rules/*.yaml').flatMap((file) =>
  (parse(readFileSync(file, 'utf8')) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules),
);
const { panels } = JSON.parse(readFileSync('deploy/grafana/dashboards/plinth.json', 'utf8')) as { panels: Panel[] };
/** By who asks: an alert, a record or a panel. */
const expressions: [string, Expression][] = [
  ...rules.map(({ alert, record, expr }): [string, Expression] => [alert ?? record!, readPromql(expr)]),
  ...panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }): [string, Expression] => [title, readPromql(expr.replaceAll('$__rate_interval', '5m'))]),
  ),
];
/** Labels that Prometheus gives to all that it scrapes: deploy/prometheus/prometheus.yml, and the ServiceMonitor. */
const TARGET = ['job', 'instance', 'namespace', 'track'];
const RECORDED = new Map(rules.flatMap(({ record }) => (record === undefined ? [] : [[record, ['objective']]])));
const STATUS = 'http_response_status_code';

describe.each(engines())('what alerts and dashboard ask of Prometheus, on %s', (engine) => {
  it('is told by the service, under these names, labels and values', async () => {
    const test = await startGuarded(engine);
    const { admin } = test;
    const stream = await SseReader.open(`${test.origin}/api/resource:watch`, {
      authorization: `Bearer ${await test.keyFor('*:*')}`,
    });
    await admin.post('/api/resource', { id: 'one', name: 'x' });
    await stream.until(({ changes }) => changes.length > 0);
    await admin.get('/api/resource/one');
    await admin.send('head', '/api/resource/one');
    await admin.put('/api/resource/one', { id: 'one', name: 'y' }, { 'if-match': '*' });
    const patch = { 'content-type': 'application/merge-patch+json', 'if-match': '*' };
    await admin.patch('/api/resource/one', { name: 'z' }, patch);
    await admin.get("/api/resource?filter=contains(name,'z')");
    await admin.delete('/api/resource/one', { 'if-match': '*' });
    await admin.get('/api/resource/nobody');
    // It is counted when it is over.
    stream.close();
    await sleep(300);
    const { text } = await admin.get('/metrics');
    const known = test.app.get(Metrics).registry.getMetricsAsArray() as unknown as Known[];
    await test.close();

    const names = new Map(known.flatMap((metric) => seriesOf(metric)));
    const faults: string[] = [];
    for (const [who, { selectors, groupedBy }] of expressions) {
      const labels = new Set(TARGET);
      for (const { metric, matchers } of selectors) {
        const own = names.get(metric) ?? RECORDED.get(metric) ?? (metric === 'up' ? [] : undefined);
        if (!own) faults.push(`${who}: nobody tells ${metric}`);
        for (const label of own ?? []) labels.add(label);
        for (const { label, values } of matchers) {
          if (!TARGET.includes(label) && own && !own.includes(label)) faults.push(`${who}: ${metric} has no ${label}`);
          if (TARGET.includes(label) || label === STATUS || !names.has(metric)) continue;
          const there = [...text.matchAll(new RegExp(`^${metric}\\{(?:.*,)?${label}="([^"]*)"`, 'gm'))];
          for (const value of values.filter((one) => one !== '')) {
            const pattern = new RegExp(`^(?:${value})$`);
            if (!there.some(([, one]) => pattern.test(one!))) faults.push(`${who}: no ${metric} has ${label}=${value}`);
          }
        }
      }
      for (const label of groupedBy) if (!labels.has(label)) faults.push(`${who}: nothing there has ${label}`);
    }
    expect(faults).toEqual([]);
  });
});

describe('the alerts', () => {
  it('are all in the table of docs/operating.md, which says what to do first', () => {
    const faults = readFileSync('docs/operating.md', 'utf8').split('\n## What is wrong\n')[1]!.split('\n## ')[0]!;
    const named = [...faults.matchAll(/`(Plinth\w+)`/g)].map(([, name]) => name!);
    const alerts = rules.flatMap(({ alert }) => (alert === undefined ? [] : [alert]));
    expect(named.sort()).toEqual(alerts.sort());
  });
});

interface Known {
  readonly name: string;
  readonly type: string;
  readonly labelNames?: readonly string[];
}

/** A metric's series by their names, each with its labels. */
function seriesOf({ name, type, labelNames = [] }: Known): [string, readonly string[]][] {
  if (type !== 'histogram') return [[name, labelNames]];
  return ['count', 'sum', 'bucket'].map((what) => [
    `${name}_${what}`,
    what === 'bucket' ? [...labelNames, 'le'] : labelNames,
  ]);
}

const promtool = (...args: string[]) => spawnSync('promtool', args, { encoding: 'utf8' });

/** Whether there is a promtool at all, test/observability.e2e-spec.ts says. */
(promtool('--version').error ? describe.skip : describe)('the rules', () => {
  it('are ones, each alert fires in its fault and in no other, and none where all is well', () => {
    for (const [what, pattern] of [
      ['check', 'deploy/prometheus/rules/*.yaml'],
      ['test', 'deploy/prometheus/tests/*.yaml'],
    ] as const) {
      const { status, stdout, stderr } = promtool(what, 'rules', ...globSync(pattern));
      expect({ status, said: status === 0 ? '' : stdout + stderr }).toEqual({ status: 0, said: '' });
    }
  }, 120_000);
});
