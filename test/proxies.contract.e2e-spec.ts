import { modules } from '../src/modules/index.js';
import { batch } from '../src/testing/contract/batch.js';
import { changes } from '../src/testing/contract/changes.js';
import { lists } from '../src/testing/contract/lists.js';
import { retries } from '../src/testing/contract/retries.js';
import { rows } from '../src/testing/contract/rows.js';
import { Client } from '../src/testing/client.js';
import { declareSuite, type Front } from '../src/testing/subject.js';
import { describeWithNginx, Nginx } from './support/nginx.js';

/** Event streams are read by HTTP/1.1 in either case. */
const through =
  (http2: boolean) =>
  async (origin: string): Promise<Front> => {
    const nginx = await Nginx.start([origin]);
    const client = new Client(http2 ? nginx.http2 : nginx.origin, undefined, { http2 });
    const close = async () => {
      const { log } = nginx;
      await nginx.stop();
      expect(log).toContain(http2 ? ' HTTP/2.0"' : ' HTTP/1.1"');
    };
    return { origin: nginx.origin, client, close };
  };

describeWithNginx()('the contract', () => {
  const resource = { module: 'resource', modules };
  const subjects = [
    { ...resource, how: ', by HTTP/1.1', behind: through(false) },
    { ...resource, how: ', by HTTP/2', behind: through(true) },
  ];
  for (const [name, suite] of Object.entries({ rows, lists, batch, retries, changes }))
    declareSuite(`through nginx: ${name}`, suite, ['sqlite'], subjects);
});
