import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface Done {
  readonly code: number | null;
  /** The text of both streams. */
  readonly output: string;
}

/** A folder outside of the repository, and what is run there as by a person in a terminal, without one who answers. */
export class Folder {
  readonly folder = mkdtempSync(join(tmpdir(), 'plinth-scratch-'));

  /** @param env all that scripts know of this process's environment */
  constructor(private readonly env: Readonly<Record<string, string>> = named(['PATH', 'HOME'])) {}

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true });
    writeFileSync(join(this.folder, path), text);
  }

  /** Begins a script, in a process group of its own. */
  begin(script: string, env: Record<string, string> = {}): { ended: Promise<Done>; output(): string; kill(): void } {
    const server = process.env.PLINTH_TEST_SERVER;
    const child = spawn('bash', ['-e', '-o', 'pipefail', '-c', script], {
      cwd: this.folder,
      env: { ...this.env, ...(server !== undefined && { TEST_DATABASE_URL: server }), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += String(chunk)));
    const ended = new Promise<Done>((done) => child.once('close', (code) => done({ code, output })));
    const kill = () => {
      try {
        process.kill(-child.pid!, 'SIGKILL');
      } catch {
        // Nobody is left of it.
      }
    };
    return { ended, output: () => output, kill };
  }

  run(script: string, env?: Record<string, string>): Promise<Done> {
    return this.begin(script, env).ended;
  }

  /** Runs a script that has to succeed. @returns what it said */
  async done(script: string, env?: Record<string, string>): Promise<string> {
    const { code, output } = await this.run(script, env);
    expect({ script, code, said: code === 0 ? '' : output }).toEqual({ script, code: 0, said: '' });
    return output;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function named(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, process.env[name] ?? '']));
}
