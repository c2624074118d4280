import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from '@prometheus-io/client';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { WatchService } from '../changes/watch.service.js';
import { Database } from '../database/database.js';
import type { Route } from '../http/route.js';

/** https://opentelemetry.io/docs/specs/semconv/http/http-metrics/: names, labels and buckets in seconds. */
const DURATION = {
  name: 'http_server_request_duration_seconds',
  help: 'Time until the answer was there, by method, route and status.',
  labelNames: ['http_request_method', 'http_route', 'http_response_status_code'],
  buckets: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
};
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', '_OTHER'];
const NUMBERS = new Map(METHODS.map((method, n) => [method, n]));
const OTHER = METHODS.length - 1;
const EVENT_LOOP_RESOLUTION_MS = 20;

interface Series {
  observe(value: number): void;
}

/** What Prometheus is told. No label has a value that callers choose. */
@Injectable()
export class Metrics {
  readonly registry = new Registry();
  private readonly durations: Histogram;
  private readonly series = new Map<Route, Map<number, Series>>();

  constructor(database: Database, watches: WatchService) {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry, eventLoopMonitoringPrecision: EVENT_LOOP_RESOLUTION_MS });
    this.durations = new Histogram({ ...DURATION, registers });
    new Gauge({
      name: 'plinth_database_connections',
      help: 'Connections in use and idle, and requests that wait for one.',
      labelNames: ['state'],
      registers,
      collect() {
        for (const [state, value] of Object.entries<number>({ ...database.usage() })) this.set({ state }, value);
      },
    });
    new Gauge({
      name: 'plinth_event_streams',
      help: 'Event streams that are open.',
      registers,
      collect() {
        this.set(watches.count);
      },
    });
    const retries = new Counter({
      name: 'plinth_database_retries_total',
      help: 'Transactions and statements that were run again, by what had become of them.',
      labelNames: ['failure'],
      registers,
    });
    database.onRetry = (failure) => retries.inc({ failure });
  }

  /** @param ms how long the answer took */
  readonly request = ({ route, method }: FastifyRequest, { statusCode }: FastifyReply, ms: number): void => {
    if (route.isProbe) return;
    let series = this.series.get(route);
    if (!series) this.series.set(route, (series = new Map<number, Series>()));
    const number = NUMBERS.get(method) ?? OTHER;
    const key = statusCode * METHODS.length + number;
    let one = series.get(key);
    if (!one)
      series.set(key, (one = this.durations.labels(METHODS[number]!, route.template ?? '', String(statusCode))));
    one.observe(ms / 1000);
  };
}
