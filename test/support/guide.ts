import { readFileSync } from 'node:fs';
import type { Folder } from './folder.js';
import { freePort } from '../../src/testing/mariadb.js';

/** Does what a page says, as it stands: its files are written, its commands run. */
export class Guide {
  private readonly services: ReturnType<Folder['begin']>[] = [];

  constructor(
    private readonly page: string,
    private readonly folder: Folder,
  ) {}

  /** @returns where the service is that `npm start` has started */
  async follow(databaseUrl: string): Promise<string> {
    const env = { DATABASE_URL: databaseUrl, PORT: String(await freePort()) };
    const origin = `http://127.0.0.1:${env.PORT}`;
    for (const [, info, block] of readFileSync(this.page, 'utf8').matchAll(/^```(sh|\w+ \S+)\n([^]*?)^```$/gm)) {
      const [kind, file] = info!.split(' ');
      if (kind !== 'sh') {
        this.folder.write(file!, block!);
        continue;
      }
      // Whatever it starts is to be seen, and ended, from here.
      const [before = '', started] = block!.split('npm start');
      await this.folder.done(before.replaceAll('http://127.0.0.1:3000', origin).replaceAll('curl ', 'curl -fsS '), env);
      if (started === undefined) continue;
      this.services.push(this.folder.begin('npm start', env));
      await this.folder.done(`timeout 120 bash -c 'until curl -fsS ${origin}/health/ready; do sleep 0.2; done'`);
    }
    return origin;
  }

  async end(): Promise<void> {
    for (const service of this.services) service.kill();
    await Promise.all(this.services.map(({ ended }) => ended));
  }
}
