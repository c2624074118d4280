import { existsSync, readFileSync } from 'node:fs';
import { loadConfig } from '../src/config/config.js';

/** Checks of the image without an engine that builds it. */
describe('the container', () => {
  const dockerfile = readFileSync('Dockerfile', 'utf8');
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
    scripts: { start: string };
    allowScripts: Record<string, boolean>;
    devDependencies: { node: string };
  };

  it('copies what exists, and what .dockerignore lets through', () => {
    const ignored = readFileSync('.dockerignore', 'utf8');
    const sources = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, files]) => files!.split(' '));
    expect(sources.length).toBeGreaterThan(4);
    for (const source of sources) {
      expect({ source, exists: existsSync(source) }).toEqual({ source, exists: true });
      expect(ignored).toMatch(new RegExp(`^!${source.replaceAll('.', '\\.')}$`, 'm'));
    }
  });

  it('runs the Node and the command that npm start runs, as nobody in particular', () => {
    const versions = [...dockerfile.matchAll(/^FROM node:(\d+)\.\d+\.\d+-/gm)].map(([, major]) => major);
    expect(versions).toEqual(['24', '24']);
    expect(manifest.devDependencies.node).toMatch(/^\^24\b/);
    const command = (JSON.parse(/^CMD (\[.+\])$/m.exec(dockerfile)![1]!) as string[]).join(' ');
    expect(manifest.scripts.start).toContain(command);
    // Kubernetes (runAsNonRoot) refuses a user that has a name only.
    expect(dockerfile).toMatch(/^USER [1-9]\d*(:\d+)?$/m);
  });

  it('starts only with authentication', () => {
    const [, variables] = /^ENV (.+)$/m.exec(dockerfile)!;
    const env = Object.fromEntries(variables!.split(' ').map((pair) => pair.split('=') as [string, string]));
    expect(() => loadConfig(env)).toThrow(/HOST must be .* as long as AUTH is off/);
    expect(loadConfig({ ...env, AUTH: 'keys' }).http.host).toBe('0.0.0.0');
    expect(readFileSync('compose.yaml', 'utf8')).toMatch(/^ +AUTH: keys$/m);
  });

  it('installs nothing that tells somebody of it, and runs no script that is not named', () => {
    const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
      packages: Record<string, { name?: string; hasInstallScript?: boolean }>;
    };
    const { allowScripts } = manifest;
    for (const [path, { name = path.replace(/^.*node_modules\//, ''), hasInstallScript }] of Object.entries(packages)) {
      expect(name).not.toBe('@scarf/scarf');
      if (hasInstallScript) expect(Object.keys(allowScripts)).toContain(name);
    }
  });
});
