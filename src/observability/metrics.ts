import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, type Registry } from '@prometheus-io/client';
import { Feeds } from '../changes/feeds.js';
import { WatchService } from '../changes/watch.service.js';
import { Database } from '../database/database.js';
import type { RequestListener } from '../http/engine/told-requests.js';
import { BackgroundMetrics } from './background.metrics.js';
import { Durations } from './durations.js';
import { MetricRegistry } from './metric-registry.js';
import { SecurityLog } from '../access/security-log.js';
import { StorageLimits } from '../access/limits/storage-limits.js';

/** https://opentelemetry.io/docs/specs/semconv/http/http-metrics/: names, labels and buckets in seconds. */
const DURATION = {
  name: 'http_server_request_duration_seconds',
  help: 'Time until the answer was there, by method, route and status.',
  labelNames: ['http_request_method', 'http_route', 'http_response_status_code'],
  bounds: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
};
const METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const EVENT_LOOP_RESOLUTION_MS = 20;
/** The client library's own whose names `promtool check metrics` refuses; the first three are sums of others. */
const MISNAMED = [
  'nodejs_active_resources_total',
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_eventloop_utilization_summary',
  'nodejs_eventloop_utilization_histogram',
];

/** Metrics for Prometheus. No label has a value that callers choose. */
@Injectable()
export class Metrics {
  readonly registry: Registry;
  /** Counts lines of the log that were dropped. */
  droppedLines: () => number = () => 0;
  private readonly durations = new Durations(DURATION);

  constructor(
    database: Database,
    watches: WatchService,
    feeds: Feeds,
    security: SecurityLog,
    storage: StorageLimits,
    { registry }: MetricRegistry,
    background: BackgroundMetrics,
  ) {
    this.registry = registry;
    const registers = [registry];
    collectDefaultMetrics({ register: this.registry, eventLoopMonitoringPrecision: EVENT_LOOP_RESOLUTION_MS });
    for (const name of MISNAMED) this.registry.removeSingleMetric(name);
    this.registry.registerMetric(this.durations.metric);
    let loopBefore = performance.eventLoopUtilization();
    new Gauge({
      name: 'nodejs_eventloop_utilization_ratio',
      help: 'How much of the time since the last scrape the event loop was busy.',
      registers,
      collect() {
        const loop = performance.eventLoopUtilization();
        this.set(performance.eventLoopUtilization(loop, loopBefore).utilization);
        loopBefore = loop;
      },
    });
    const droppedLines = () => this.droppedLines();
    new Counter({
      name: 'plinth_log_dropped_lines_total',
      help: 'Lines of the log that were dropped because nobody read them in time.',
      registers,
      collect() {
        this.reset();
        this.inc(droppedLines());
      },
    });
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
      name: 'plinth_database_costly_reads',
      help: 'Filters, counts, exports and the like that are under way in their share of the database, and that wait for a turn.',
      labelNames: ['state'],
      registers,
      collect() {
        for (const [state, value] of Object.entries<number>({ ...database.costlyUsage })) this.set({ state }, value);
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
    new Gauge({
      name: 'plinth_feed_staleness_seconds',
      help: 'Time since the feed of a module was read, 0 while nobody watches it. After some seconds its watchers miss news.',
      labelNames: ['module'],
      registers,
      collect() {
        for (const [module, ms] of feeds.staleness()) this.set({ module }, ms / 1000);
      },
    });
    for (const [unit, help] of [
      ['bytes', 'Bytes of change records and of idempotent answers that this process has stored.'],
      ['records', 'How many of these records it has stored.'],
    ] as const) {
      new Counter({
        name: `plinth_stored_${unit}_total`,
        help,
        labelNames: ['kind'],
        registers,
        collect() {
          this.reset();
          for (const [kind, stored] of storage.stored) this.inc({ kind }, stored[unit]);
        },
      });
    }
    new Counter({
      name: 'plinth_storage_refused_total',
      help: 'Writes that were refused because their caller has stored enough today, by the budget that was used up.',
      labelNames: ['budget'],
      registers,
      collect() {
        this.reset();
        for (const [budget, writes] of Object.entries(storage.refused)) this.inc({ budget }, writes);
      },
    });
    const retries = new Counter({
      name: 'plinth_database_retries_total',
      help: 'Transactions and statements that were run again, by what had become of them.',
      labelNames: ['failure'],
      registers,
    });
    database.onRetry = (failure) => retries.inc({ failure });
    const events = new Counter({
      name: 'plinth_security_events_total',
      help: 'Refused requests and changed keys, also those that the log was spared, by event.',
      labelNames: ['event'],
      registers,
    });
    security.onEvent = (event) => events.inc({ event });
    background.register(this.registry);
  }

  readonly request: RequestListener = ({ route, method, status }) => {
    if (route.isProbe) return undefined;
    const series = this.durations.series(
      METHODS.includes(method) ? method : '_OTHER',
      route.template ?? '',
      String(status),
    );
    return (ms) => series.observe(ms / 1000);
  };
}
