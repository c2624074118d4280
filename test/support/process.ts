import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Run {
  readonly child: ChildProcess;
  /** What it has printed up to now, to either stream. */
  output(): string;
  readonly ended: Promise<{ code: number | null; output: string }>;
}

/** A program of the build, as a process of its own (`npm test` builds first). */
export function runBuilt(script: string, env: Record<string, string>, args: readonly string[] = []): Run {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [`dist/${script}`, ...args], { cwd: ROOT, env: { PATH, HOME, ...env } });
  let output = '';
  const collect = (chunk: Buffer): void => void (output += chunk.toString());
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const ended = new Promise<{ code: number | null; output: string }>((resolve) => {
    child.once('close', (code) => resolve({ code, output }));
  });
  return { child, output: () => output, ended };
}
