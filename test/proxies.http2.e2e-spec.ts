import { once } from 'node:events';
import { connect, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import { startApp, type TestApp } from './support/app.js';
import { Client } from '../src/testing/client.js';
import { describeWithNginx, Nginx } from './support/nginx.js';

describeWithNginx()('clients who come to nginx by HTTP/2 over TLS', () => {
  let test: TestApp;
  let nginx: Nginx;
  let session: ClientHttp2Session;
  beforeAll(async () => {
    // One may watch at a time.
    test = await startApp('sqlite', { env: { WATCHERS: '1' } });
    nginx = await Nginx.start([test.origin]);
    session = connect(nginx.https, { ca: nginx.ca });
  });
  afterAll(async () => {
    session.destroy();
    await nginx.stop();
    await test.close();
  });

  const ask = async (headers: Record<string, string>, body = '') => {
    const stream = session.request({ 'content-type': 'application/json', ...headers });
    stream.setEncoding('utf8').end(body);
    const [head] = (await once(stream, 'response')) as [IncomingHttpHeaders & { ':status': number }];
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    return { status: head[':status'], head, text };
  };

  it('change a row once, where a hundred have the same ETag on one connection', async () => {
    const path = { ':path': '/api/resource/two' };
    const { head } = await ask({ ':method': 'PUT', ...path }, '{"name":"x"}');
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, n) =>
        ask({ ':method': 'PATCH', ...path, 'if-match': head.etag! }, `{"name":"${n}"}`),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 412)).toHaveLength(99);
  });

  it('are told of a change at once, and the service that they have left', async () => {
    const watch = async () => {
      const stream = session.request({ ':path': '/api/resource:watch' }).setEncoding('utf8');
      const [head] = (await once(stream, 'response')) as [{ ':status': number }];
      return { stream, status: head[':status'] };
    };
    const { stream, status } = await watch();
    expect(status).toBe(200);
    let text = '';
    stream.on('data', (chunk: string) => (text += chunk));
    await new Client(nginx.origin).put('/api/resource/seen', { name: 'x' });
    for (const end = Date.now() + 2_000; !text.includes('"seen"'); await sleep(5))
      if (Date.now() > end) throw new Error(`Not seen in time: ${text}`);
    // One may watch, until it has left.
    const second = await watch();
    expect(second.status).toBe(503);
    second.stream.close();
    stream.close();
    for (const end = Date.now() + 5_000; ; await sleep(50)) {
      const next = await watch();
      next.stream.close();
      if (next.status === 200) break;
      if (Date.now() > end) throw new Error('The service still sees a watcher');
    }
  });
});
