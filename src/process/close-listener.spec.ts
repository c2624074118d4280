import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { closeListener } from './close-listener.js';

describe('closing a listener', () => {
  it('loses nobody who is connected and not accepted yet', async () => {
    const server = createServer((_request, response) => response.end('done')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const answers = Array.from({ length: 16 }, () => answer(connect(port, '127.0.0.1')));
    // Connected by now, and not accepted before the next turn of the event loop.
    await new Promise<void>((done) => process.nextTick(done));
    await closeListener(server);
    for (const text of await Promise.all(answers)) expect(text).toMatch(/^HTTP\/1\.1 200 OK/);
    await expect(answer(connect(port, '127.0.0.1'))).rejects.toThrow('ECONNREFUSED');
  });
});

async function answer(socket: Socket): Promise<string> {
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text;
}
