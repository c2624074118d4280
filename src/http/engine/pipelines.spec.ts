import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pipelines } from './pipelines.js';

const REQUESTS = 20_000;

it('stops reading of a connection on which requests wait, and answers all of them in the end', async () => {
  const pipelines = new Pipelines();
  let arrived = 0;
  let answer: (() => void) | undefined;
  const server = createServer((request, response) => {
    arrived++;
    const reply = (to: ServerResponse) => to.end('x');
    if (!response.socket) pipelines.wait(request.socket, response, () => reply(response));
    else if (answer) reply(response);
    else answer = () => reply(response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => undefined);
  const body = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\ny';
  client.write(body.repeat(REQUESTS));
  let answers = '';
  client.setEncoding('latin1').on('data', (part: string) => (answers += part));
  await sleep(300);
  const heldAt = arrived;
  await sleep(200);
  // One piece of 64 KiB may have been read for each time that Node read on.
  expect({ heldAt, arrived }).toEqual({ heldAt, arrived: heldAt });
  expect(heldAt).toBeLessThan(REQUESTS / 4);
  answer!();
  for (const end = Date.now() + 20_000; arrived < REQUESTS && Date.now() < end;) await sleep(20);
  await sleep(50);
  expect(answers.match(/HTTP\/1\.1 200/g)).toHaveLength(REQUESTS);
  client.destroy();
  server.close();
});
