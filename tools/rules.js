// Prometheus' rules inside of the manifest that its operator wants. A part of `npm run docs`.
import { globSync, readFileSync, writeFileSync } from 'node:fs';

const MANIFEST = 'deploy/kubernetes/components/monitoring/prometheus-rule.yaml';
const groups = globSync('deploy/prometheus/rules/*.yaml')
  .sort()
  .map((file) =>
    readFileSync(file, 'utf8')
      .split(/^groups:\n/m)[1]
      .replaceAll(/^(?=.)/gm, '  '),
  );
const text = `# Made by \`npm run docs\` from deploy/prometheus/rules.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: plinth
spec:
  groups:
${groups.join('')}`;
if (!process.argv.includes('--check')) writeFileSync(MANIFEST, text);
else if (readFileSync(MANIFEST, 'utf8') !== text) {
  console.error(`${MANIFEST} is not current: npm run docs`);
  process.exitCode = 1;
}
