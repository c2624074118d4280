import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { loadConfig } from '../src/config/config.js';
import { SETTINGS } from '../src/config/settings.js';
import { NODE_FLAGS } from '../src/process/node-flags.js';

interface Container {
  readonly image: string;
  readonly command?: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly startupProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly lifecycle?: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
  readonly resources: { readonly limits: { readonly memory: string; readonly cpu?: string } };
  readonly volumeMounts: readonly { readonly mountPath: string }[];
}

interface Probe {
  readonly httpGet: { readonly path: string };
}

interface Pod {
  readonly metadata: { readonly labels: Record<string, string> };
  readonly spec: {
    readonly terminationGracePeriodSeconds?: number;
    readonly securityContext: { readonly runAsUser: number };
    readonly containers: readonly [Container];
  };
}

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly data?: Record<string, string>;
  readonly spec: {
    readonly template: Pod;
    readonly selector: Record<string, string> & { readonly matchLabels: Record<string, string> };
    readonly maxReplicas: number;
  };
}

const hasKustomize = (spawnSync('kubectl', ['version', '--client'], { encoding: 'utf8' }).stdout ?? '').includes(
  'Kustomize Version: v5',
);
if (!hasKustomize) process.stderr.write('\nNOT RUN: what Kustomize makes of deploy/kubernetes. It needs kubectl.\n');

function rendered(overlay: string): Manifest[] {
  const { status, stdout, stderr } = spawnSync('kubectl', ['kustomize', `deploy/kubernetes/overlays/${overlay}`], {
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return parseAllDocuments(stdout).map((document) => document.toJS() as Manifest);
}

const dockerfile = readFileSync('Dockerfile', 'utf8');
const imageVariables = Object.fromEntries(
  /^ENV (.+)$/m
    .exec(dockerfile)![1]!
    .split(' ')
    .map((pair) => pair.split('=') as [string, string]),
);

/** All of these say the same of the service as the service does. */
describe.each(['alpha', 'beta', 'stable'])('the manifests of %s', (overlay) => {
  (hasKustomize ? it : it.skip)('fit the service', () => {
    const all = rendered(overlay);
    const one = (kind: string) => all.find((manifest) => manifest.kind === kind)!;
    const { spec } = one('Deployment').spec.template;
    const [container] = spec.containers;
    const settings = one('ConfigMap').data!;

    // Its settings are ones, and start it.
    const known = Object.values(SETTINGS).map(({ key }) => key);
    expect(known).toEqual(expect.arrayContaining(Object.keys(settings)));
    const { DATABASE_TLS_CA: ca, ...others } = settings;
    const url = 'mariadb://plinth:x@database/plinth';
    const { shutdown } = loadConfig({ ...imageVariables, ...others, DATABASE_URL: url });

    // The stop has the time that it may take.
    const stopMs = container.lifecycle!.preStop.sleep.seconds * 1000 + shutdown.deadlineMs;
    expect(spec.terminationGracePeriodSeconds! * 1000).toBeGreaterThan(stopMs);

    // The heap, its young part and what the process has beside it.
    const heapMib = Number(/--max-old-space-size=(\d+)/.exec(NODE_FLAGS.join(' '))![1]);
    const memoryMib = Number(/^(\d+)Mi$/.exec(container.resources.limits.memory)![1]);
    expect(memoryMib).toBeGreaterThanOrEqual(heapMib * 1.5);
    expect(container.resources.limits.cpu).toBeUndefined();

    // Neither the start nor liveness ask for the database.
    expect(container.startupProbe!.httpGet.path).toBe('/health/live');
    expect(container.livenessProbe!.httpGet.path).toBe('/health/live');
    expect(container.readinessProbe!.httpGet.path).toBe('/health/ready');

    for (const pod of [one('Deployment').spec.template, one('Job').spec.template]) {
      const [{ env, volumeMounts }] = pod.spec.containers;
      expect(dockerfile).toMatch(new RegExp(`^USER ${pod.spec.securityContext.runAsUser}:`, 'm'));
      const paths = [...env.map(({ value }) => value), ca!];
      for (const path of paths) expect(path.startsWith(`${volumeMounts[0]!.mountPath}/`)).toBe(true);
    }
    const [, program, command] = one('Job').spec.template.spec.containers[0].command!;
    expect([program, command]).toEqual(['dist/plinth.cli.js', 'migrate']);
  });
});

describe('the canary', () => {
  (hasKustomize ? it : it.skip)('has its share behind the Service of stable, and owns no pod of it', () => {
    const [stable, beta] = [rendered('stable'), rendered('beta')];
    const deployments = [stable, beta].map((all) => all.find(({ kind }) => kind === 'Deployment')!);
    const service = stable.find(({ kind }) => kind === 'Service')!;
    for (const { spec, metadata } of deployments) {
      expect(spec.template.metadata.labels).toMatchObject(service.spec.selector);
      expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels);
      expect(metadata.namespace).toBe('plinth');
    }
    expect(deployments[1]!.spec.template.metadata.labels).not.toMatchObject(deployments[0]!.spec.selector.matchLabels);
    // Nothing of stable's is deleted with the canary.
    const names = (all: Manifest[]) => all.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(names(stable).filter((name) => names(beta).includes(name))).toEqual([]);
  });
});

describe('compose.yaml', () => {
  const { services } = parse(readFileSync('compose.yaml', 'utf8')) as {
    services: Record<string, { build?: string; command?: string[]; volumes?: string[] }>;
  };

  it('starts programs that the image has, and mounts what is here', () => {
    const commands = Object.values(services).flatMap(({ command }) => command?.join(' ') ?? []);
    const programs = commands.flatMap((command) => command.match(/dist\/\S+\.js/g) ?? []);
    expect(programs).toEqual(['dist/plinth.cli.js', 'dist/plinth.cli.js']);
    for (const program of programs)
      expect(existsSync(program.replace('dist/', 'src/').replace('.js', '.ts'))).toBe(true);
    const mounted = Object.values(services).flatMap(({ volumes = [] }) =>
      volumes.map((volume) => volume.split(':')[0]!),
    );
    for (const path of mounted.filter((path) => path.startsWith('.'))) expect(existsSync(path)).toBe(true);
  });
});

describe('the alerts', () => {
  const files = globSync('deploy/prometheus/rules/*.yaml').sort();
  const groups = files.flatMap((file) => (parse(readFileSync(file, 'utf8')) as RuleFile).groups);
  const alerts = groups.flatMap(({ rules }) => rules).filter(({ alert }) => alert !== undefined);

  it('are the same for Prometheus and for its operator', () => {
    const manifest = parse(
      readFileSync('deploy/kubernetes/components/monitoring/prometheus-rule.yaml', 'utf8'),
    ) as unknown as { spec: RuleFile };
    expect(manifest.spec.groups).toEqual(groups);
  });

  it('each have a runbook, a severity, a sentence and a test', () => {
    const tests = globSync('deploy/prometheus/tests/*.yaml').map((file) => readFileSync(file, 'utf8'));
    expect(alerts.length).toBeGreaterThan(15);
    for (const { alert, labels, annotations } of alerts) {
      expect(annotations!.summary).toMatch(/\.$/);
      expect(['page', 'ticket']).toContain(labels!.severity);
      expect(annotations!.runbook).toMatch(/^docs\/runbooks\/[a-z-]+\.md$/);
      expect({ alert, isThere: readFileSync(annotations!.runbook, 'utf8').includes(`\`${alert}\``) }).toEqual({
        alert,
        isThere: true,
      });
      expect(tests.some((text) => text.includes(`alertname="${alert}"`))).toBe(true);
    }
  });
});

describe('the runbooks', () => {
  it('name alerts, settings, scripts and pages that there are, and are found from docs/operating.md', () => {
    const operating = readFileSync('docs/operating.md', 'utf8');
    const rules = globSync('deploy/prometheus/rules/*.yaml')
      .map((file) => readFileSync(file, 'utf8'))
      .join('');
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
    const known = new Set<string>(Object.values(SETTINGS).map(({ key }) => key));
    const faults: string[] = [];
    for (const file of globSync('docs/runbooks/*.md')) {
      const text = readFileSync(file, 'utf8');
      const miss = (what: string): number => faults.push(`${file}: ${what}`);
      if (!operating.includes(`](${file.replace('docs/', '')})`) && !rules.includes(file)) miss('nobody leads here');
      for (const [, alert] of text.matchAll(/`(Plinth\w+)`/g)) if (!rules.includes(`alert: ${alert}\n`)) miss(alert!);
      for (const [, link] of text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g))
        if (!existsSync(join('docs/runbooks', link!))) miss(link!);
      for (const [, name] of text.matchAll(/npm run ([a-z]+(?::[a-z]+)*)/g)) if (!scripts[name!]) miss(name!);
      for (const [, key] of text.matchAll(/`((?:DATABASE|HTTP|JWT|RATE|SHED|SHUTDOWN|CHANGES|STORAGE|HELD)_[A-Z_]+)/g))
        if (!known.has(key!)) miss(key!);
    }
    expect(faults).toEqual([]);
  });
});

interface RuleFile {
  readonly groups: {
    readonly rules: {
      readonly alert?: string;
      readonly labels?: { readonly severity: string };
      readonly annotations?: { readonly summary: string; readonly runbook: string };
    }[];
  }[];
}
