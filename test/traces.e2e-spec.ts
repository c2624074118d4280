import { setTimeout as sleep } from 'node:timers/promises';
import { atOnce } from './support/at-once.js';
import { engines, freshDatabase } from '../src/testing/database.js';
import { OtlpReceiver } from './support/otlp.js';
import { Service } from './support/service.js';
import { SseReader } from '../src/testing/sse.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const STOP = { SHUTDOWN_DRAIN_MS: '0', DATABASE_MIGRATE: 'always' };

describe.each(engines())('traces on %s', (engine) => {
  let receiver: OtlpReceiver;
  let drop: () => Promise<void>;
  let url: string;
  beforeEach(async () => {
    receiver = await OtlpReceiver.start();
    ({ url, drop } = await freshDatabase(engine));
  });
  afterEach(async () => {
    receiver.close();
    await drop();
  });

  /** Serves what `work` asks, ends the service, and has all of its spans by then. */
  const traced = async (
    work: (service: Service) => Promise<unknown>,
    env: Record<string, string> = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url },
    flags: string[] = [],
  ): Promise<Service> => {
    const service = await Service.spawn({ DATABASE_URL: url, ...STOP, ...env }, flags);
    await service.until('/health/ready');
    await work(service);
    service.signal('SIGTERM');
    expect(await service.ended()).toBe(0);
    return service;
  };
  const ask = async ({ origin }: Service, path: string, headers: Record<string, string> = {}) =>
    (await fetch(`${origin}${path}`, { headers })).text();

  it("have a span for a request, below the caller's, and its statements below it; log and problem name the trace", async () => {
    let [problem, metrics] = ['', ''];
    const service = await traced(async (running) => {
      const traceparent = `00-${TRACE}-${PARENT}-01`;
      problem = await ask(running, '/api/resource/nothing?fields=name', { traceparent });
      await ask(running, '/health/live');
      metrics = await ask(running, '/metrics', { accept: 'application/openmetrics-text', traceparent });
    });
    const [request, ...others] = receiver.named('GET /api/resource/{id}');
    expect(others).toEqual([]);
    expect(request).toMatchObject({ traceId: TRACE, parentSpanId: PARENT, kind: 2, status: {} });
    expect(request!.attributes).toMatchObject({
      'http.request.method': 'GET',
      'http.route': '/api/resource/{id}',
      'http.response.status_code': 404,
      'plinth.problem.code': 'not-found',
      'user.id': 'anonymous',
    });
    expect(request!.resource).toMatchObject({ 'service.name': 'plinth', 'service.version': '0.1.0' });
    const [statement] = receiver.named('SELECT resource');
    expect(statement).toMatchObject({ traceId: TRACE, parentSpanId: request!.spanId, kind: 3 });
    expect(statement!.attributes).toMatchObject({ 'db.system.name': engine, 'plinth.statement.class': 'read' });
    expect(statement!.attributes['db.query.text']).toMatch(/^SELECT .+ FROM `resource` WHERE/);
    expect((JSON.parse(problem) as { trace_id: string }).trace_id).toBe(TRACE);
    expect(service.output).toContain(`"trace_id":"${TRACE}"`);
    // An exemplar leads from a bucket to the trace.
    const buckets = metrics.split('\n').filter((line) => line.includes('http_response_status_code="404"'));
    expect(buckets.filter((line) => line.includes(`# {trace_id="${TRACE}"} `))).toHaveLength(1);
    // Neither probes nor what the service does of itself, and nothing that callers chose.
    expect(receiver.spans.filter(({ traceId }) => traceId !== TRACE)).toEqual([]);
    expect(JSON.stringify(receiver.spans)).not.toContain('nothing');
  });

  it('link a statement for several requests, and a commit for several, with each of them', async () => {
    await traced(async ({ origin }) => {
      const many = <T>(make: (n: number) => T) => Array.from({ length: 24 }, (_, n) => make(n));
      await atOnce(
        origin,
        many((n) => ({ method: 'POST', path: '/api/resource', body: { id: `r${n}`, name: 'x' } })),
      );
      await atOnce(
        origin,
        many((n) => ({ method: 'GET', path: `/api/resource/r${n}` })),
      );
    });
    const requests = new Map(
      [...receiver.named('POST /api/resource'), ...receiver.named('GET /api/resource/{id}')].map((one) => [
        one.spanId,
        one,
      ]),
    );
    expect(requests.size).toBe(48);
    for (const name of ['commit', 'SELECT resource']) {
      const shared = receiver.named(name).filter(({ links }) => links.length > 1);
      expect({ name, shared: shared.length > 0 }).toEqual({ name, shared: true });
      for (const { traceId, spanId, parentSpanId, links } of shared) {
        expect(parentSpanId).toBeUndefined();
        for (const link of links) {
          const request = requests.get(link.spanId)!;
          expect(request.traceId).toBe(link.traceId);
          expect(request.links).toContainEqual(expect.objectContaining({ traceId, spanId }));
        }
      }
    }
    const [group] = receiver.named('commit').filter(({ links }) => links.length > 1);
    expect(receiver.spans.some(({ parentSpanId }) => parentSpanId === group!.spanId)).toBe(true);
  });

  it("have a span for what is delivered to watchers, which is in nobody's trace", async () => {
    await traced(async (service) => {
      const reader = await SseReader.open(`${service.origin}/api/resource:watch`);
      const headers = { 'content-type': 'application/json', traceparent: `00-${TRACE}-${PARENT}-01` };
      await fetch(`${service.origin}/api/resource`, { method: 'POST', headers, body: '{"name":"x"}' });
      await reader.until(({ changes }) => changes.length === 1);
      await sleep(100);
      reader.close();
    });
    const [delivery] = receiver.named('feed resource');
    expect(delivery!.attributes).toMatchObject({ 'plinth.module': 'resource', 'plinth.watchers': 1 });
    expect(delivery!.parentSpanId).toBeUndefined();
    expect(delivery!.traceId).not.toBe(TRACE);
    const watch = receiver.named('GET /api/{module}:watch');
    expect(watch).toHaveLength(1);
    // The looks of the feed, of which there were many, are in no trace.
    const inWatch = receiver.spans.filter(({ traceId }) => traceId === watch[0]!.traceId);
    expect(inWatch.length).toBeLessThan(4);
  });

  it('are made as often as they are wanted, where the caller has not decided', async () => {
    await traced(
      async (service) => {
        for (let n = 0; n < 20; n++) await ask(service, '/api/resource/own');
        await ask(service, '/api/resource/theirs', { traceparent: `00-${TRACE}-${PARENT}-01` });
      },
      { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_TRACES_SAMPLER_ARG: '0', OTEL_SERVICE_NAME: 'library' },
    );
    const requests = receiver.named('GET /api/resource/{id}');
    expect(requests.map(({ traceId, resource }) => [traceId, resource['service.name']])).toEqual([[TRACE, 'library']]);
  });

  it("go to whoever an SDK of the operator's own says", async () => {
    const env = { OWN_RECEIVER: receiver.url, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' };
    await traced(
      async (service) => {
        await ask(service, '/api/resource/x');
        await sleep(300);
      },
      env,
      ['--import', './test/support/own-sdk.mjs'],
    );
    expect(receiver.named('GET /api/resource/{id}')).toHaveLength(1);
    expect(receiver.named('SELECT resource')).toHaveLength(1);
  });

  it('are not missed where nobody takes them', async () => {
    const begun = performance.now();
    const away = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' };
    await traced((service) => ask(service, '/api/resource/x'), away);
    expect(performance.now() - begun).toBeLessThan(15_000);
    expect(receiver.spans).toEqual([]);
  });
});
