import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Ended {
  readonly code: number | null;
  /** The output of both streams. */
  readonly output: string;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Run {
  readonly child: ChildProcess;
  /** The output so far, of both streams. */
  output(): string;
  readonly ended: Promise<Ended>;
}

/** A program of the build, as a process of its own (`npm test` builds first). */
export function runBuilt(script: string, env: Record<string, string>, args: readonly string[] = []): Run {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [`dist/${script}`, ...args], { cwd: ROOT, env: { PATH, HOME, ...env } });
  const text = { output: '', stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk: Buffer) => {
      text[name] += String(chunk);
      text.output += String(chunk);
    });
  }
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code) => resolve({ code, ...text }));
  });
  return { child, output: () => text.output, ended };
}
