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
  (version: 'http1' | 'http2') =>
  async (origin: string): Promise<Front> => {
    const nginx = await Nginx.start([origin]);
    const client = version === 'http1' ? new Client(nginx.origin) : new Client(nginx.http2, undefined, { http2: true });
    return { origin: nginx.origin, client, close: () => nginx.stop() };
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
