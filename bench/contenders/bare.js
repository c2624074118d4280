// node:http and the driver, nothing else: the floor to beat.
import { createServer } from 'node:http';
import { create, page, read, statusOf, update } from './sql.js';

const BASE = '/api/resource';

async function body(request) {
  let text = '';
  for await (const chunk of request) text += chunk;
  return JSON.parse(text);
}

async function handle(request) {
  const { method, url, headers } = request;
  if (method === 'GET' && url.startsWith(`${BASE}/`)) return [200, await read(url.slice(BASE.length + 1))];
  if (method === 'GET') return [200, await page(Object.fromEntries(new URLSearchParams(url.slice(BASE.length + 1))))];
  if (method === 'POST') return [201, await create(await body(request))];
  return [200, await update(url.slice(BASE.length + 1), await body(request), headers['if-match'])];
}

createServer((request, response) => {
  handle(request).then(
    ([status, { etag, body: answer }]) => {
      const text = JSON.stringify(answer);
      const head = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
      response.writeHead(status, etag ? { ...head, etag } : head).end(text);
    },
    (error) => response.writeHead(statusOf(error)).end(),
  );
}).listen(Number(process.env.PORT), '127.0.0.1');
