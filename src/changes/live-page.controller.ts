import { Get, Header } from '@nestjs/common';
import { ModuleRegistry } from '../crud/module.registry.js';
import { RootController } from '../http/root-controller.decorator.js';

const STYLE = `:root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}td,th{padding:.3rem .8rem .3rem 0;text-align:left;vertical-align:top}
code{font-size:.9em;word-break:break-word}input:not([type]){width:24rem;max-width:100%}#state::before{content:"● "}`;

// An EventSource can't send credentials: the stream is read by fetch, and the key stays in the page's memory.
const SCRIPT = `const form = document.querySelector('form');
const rows = document.querySelector('tbody');
const state = document.querySelector('#state');
let watching = new AbortController();
function show(kind, data) {
  const { subject, time, data: row } = JSON.parse(data);
  const line = rows.insertRow(0);
  for (const text of [time ?? '', kind, subject ?? '', JSON.stringify(row)]) {
    const code = document.createElement('code');
    code.textContent = text;
    line.insertCell().append(code);
  }
  while (rows.rows.length > 200) rows.deleteRow(-1);
}
function url() {
  const { module, filter, initial } = form.elements;
  const query = new URLSearchParams();
  if (filter.value) query.set('filter', filter.value);
  if (initial.checked) query.set('initial', 'true');
  return '/api/' + module.value + ':watch?' + query;
}
async function read(stream, position) {
  let text = '';
  for (const reader = stream.pipeThrough(new TextDecoderStream()).getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) return position.retry;
    const blocks = (text + value).split('\\n\\n');
    text = blocks.pop();
    for (const block of blocks) {
      const fields = Object.fromEntries(block.split('\\n').map((line) => line.split(/: ?(.*)/s)));
      if (fields.id) position.id = fields.id;
      if (fields.retry) position.retry = Number(fields.retry);
      if (fields.data && fields.event !== 'bookmark') show(fields.event, fields.data);
    }
  }
}
async function watch(submitted) {
  submitted?.preventDefault();
  watching.abort();
  rows.replaceChildren();
  const { signal } = (watching = new AbortController());
  const position = { retry: 1000 };
  while (!signal.aborted) {
    const headers = { accept: 'text/event-stream' };
    if (form.elements.key.value) headers.authorization = 'Bearer ' + form.elements.key.value;
    if (position.id) headers['last-event-id'] = position.id;
    try {
      const answer = await fetch(url(), { headers, signal });
      if (answer.status === 410) position.id = undefined;
      else if (answer.status < 500 && !answer.ok) return (state.textContent = (await answer.json()).detail);
      if (answer.ok) {
        state.textContent = 'watching';
        await read(answer.body, position);
      }
    } catch {}
    if (signal.aborted) return;
    state.textContent = 'reconnecting';
    await new Promise((resolve) => setTimeout(resolve, position.retry));
  }
}
form.addEventListener('submit', watch);
watch();`;

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/** A page where a person sees changes arrive. */
@RootController('docs')
export class LivePageController {
  constructor(private readonly registry: ModuleRegistry) {}

  @Get('live')
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('content-security-policy', POLICY)
  page(): string {
    const options = this.registry.all().map(({ model }) => `<option>${model.name}</option>`);
    return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Live changes · Plinth</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/docs/live.css"></head><body>
<h1>Live changes</h1>
<form><label>Module <select name="module">${options.join('')}</select></label>
<label>Filter <input name="filter" placeholder="startswith(name, 'Map')"></label>
<label>Key <input name="key" type="password" autocomplete="off" placeholder="where one is needed"></label>
<label><input type="checkbox" name="initial"> with the rows as they are</label>
<button>Watch</button> <span id="state">connecting</span></form>
<table><thead><tr><th>when</th><th>what</th><th>id</th><th>row</th></tr></thead><tbody></tbody></table>
<script src="/docs/live.js"></script></body></html>`;
  }

  @Get('live.js')
  @Header('content-type', 'text/javascript; charset=utf-8')
  script(): string {
    return SCRIPT;
  }

  @Get('live.css')
  @Header('content-type', 'text/css; charset=utf-8')
  style(): string {
    return STYLE;
  }
}
