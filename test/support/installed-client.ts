import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const NEEDS = ['openapi-fetch', 'eventsource-parser', 'openapi-typescript-helpers', '@types'];
const TYPES = { strict: true, module: 'nodenext', target: 'es2023', lib: ['es2023', 'dom'], types: ['node'] };

/** The client, built and in a folder as npm would install it, beside what it needs and nothing else. */
export class InstalledClient {
  readonly folder = mkdtempSync(join(tmpdir(), 'plinth-client-'));
  /** The folder of the package. */
  readonly root = this.path('node_modules/plinth-client');

  constructor() {
    mkdirSync(this.root, { recursive: true });
    for (const file of ['package.json', 'README.md']) cpSync(`client/${file}`, join(this.root, file));
    for (const name of NEEDS) symlinkSync(resolve('node_modules', name), this.path(`node_modules/${name}`));
    this.tool('typescript/bin/tsc', '-p', resolve('client'), '--outDir', join(this.root, 'dist'));
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, text: string): string {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), text);
    return this.path(name);
  }

  /** Compiles a program that uses the client. @throws Error with what the compiler says */
  compile(source: string): void {
    this.write('package.json', '{ "type": "module" }');
    const compilerOptions = { ...TYPES, skipLibCheck: true, rootDir: 'src', outDir: 'out' };
    this.write('tsconfig.json', JSON.stringify({ compilerOptions, include: ['src'] }));
    this.write('src/main.ts', source);
    this.tool('typescript/bin/tsc', '-p', '.');
  }

  /** @returns what the compiled program prints */
  async run(...args: string[]): Promise<string> {
    const child = spawn(process.execPath, [this.path('out/main.js'), ...args]);
    let [output, errors] = ['', ''];
    child.stdout.on('data', (chunk) => (output += String(chunk)));
    child.stderr.on('data', (chunk) => (errors += String(chunk)));
    expect({ status: (await once(child, 'close'))[0], errors }).toEqual({ status: 0, errors: '' });
    return output;
  }

  /** A program of the project's packages, in the folder. */
  tool(program: string, ...args: string[]): void {
    const options = { cwd: this.folder, encoding: 'utf8' as const };
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [resolve('node_modules', program), ...args],
      options,
    );
    if (status !== 0) throw new Error(stdout + stderr);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
