import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { stringify } from 'yaml';
import { freePort } from '../../../src/testing/mariadb.js';

export const hasPrometheus = spawnSync('prometheus', ['--version']).status === 0;

/** Seconds in place of minutes, hours and days: nobody waits for those here. What an alert asks for stays as it is. */
function hurried(rules: string): string {
  return rules.replace(/\bfor: \S+/g, 'for: 1s').replace(/\[\d+[mhd]\]/g, '[10s]');
}

/** A real Prometheus that scrapes services each second and judges by the rules of deploy/. */
export class Prometheus {
  private readonly folder = mkdtempSync(join(tmpdir(), 'plinth-prometheus-'));
  private child: ChildProcess | undefined;

  private constructor(private readonly port: number) {}

  static async start(targets: readonly string[]): Promise<Prometheus> {
    const one = new Prometheus(await freePort());
    const { folder, port } = one;
    for (const file of globSync('deploy/prometheus/rules/*.yaml'))
      writeFileSync(join(folder, basename(file)), hurried(readFileSync(file, 'utf8')));
    const labels = { namespace: 'plinth', track: 'stable' };
    const config = {
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: [join(folder, 'causes.yaml'), join(folder, 'objectives.yaml')],
      scrape_configs: [{ job_name: 'plinth', static_configs: [{ targets, labels }] }],
    };
    writeFileSync(join(folder, 'prometheus.yml'), stringify(config));
    const options = [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`];
    const child = (one.child = spawn('prometheus', [...options, `--web.listen-address=127.0.0.1:${port}`], {
      stdio: 'ignore',
    }));
    process.once('exit', () => child.kill('SIGKILL'));
    return one;
  }

  async firing(): Promise<string[]> {
    const answer = await fetch(`http://127.0.0.1:${this.port}/api/v1/alerts`).catch(() => undefined);
    if (!answer?.ok) return [];
    const { data } = (await answer.json()) as { data: { alerts: { state: string; labels: { alertname: string } }[] } };
    return data.alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels.alertname);
  }

  async close(): Promise<void> {
    this.child?.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}
