import { Injectable } from '@nestjs/common';
import type { Registry } from '@prometheus-io/client';
import { SecurityLog } from '../access/security-log.js';
import { StorageLimits } from '../access/limits/storage-limits.js';
import { Feeds } from '../changes/feeds.js';
import { WatchService } from '../changes/watch.service.js';
import { Config } from '../config/config.js';
import { Idempotency } from '../crud/idempotency/idempotency.js';
import { DatabaseState } from '../database/database-state.js';
import { Database } from '../database/database.js';
import type { RequestObserver } from '../http/engine/request-observers.js';
import type { DomainError } from '../problems/domain-error.js';
import { tracer } from '../runtime/tracing.js';
import { BackgroundMetrics } from './background.metrics.js';
import { measureChanges } from './changes.metrics.js';
import { measureDatabase } from './database.metrics.js';
import type { Durations } from './durations.js';
import { Instruments } from './instruments.js';
import { MetricRegistry } from './metric-registry.js';
import { openMetrics } from './open-metrics.js';
import { measureProcess } from './process.metrics.js';
import { measureCallers, measureProblems } from './requests.metrics.js';

/**
 * https://opentelemetry.io/docs/specs/semconv/http/http-metrics/: names, labels and buckets in seconds, and more of them
 * where most answers are (below 5 ms), and where the objective for reads is (300 ms).
 */
const DURATION = {
  name: 'http_server_request_duration_seconds',
  help: 'Time until the answer was there, by method, route and status.',
  labelNames: ['http_request_method', 'http_route', 'http_response_status_code'],
  bounds: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.3, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
};
const METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** Metrics for Prometheus: docs/metrics.md has all of them. No label has a value that callers choose. */
@Injectable()
export class Metrics {
  readonly registry: Registry;
  /** Counts lines of the log that were dropped. */
  droppedLines: () => number = () => 0;
  /** Is told of each problem that is answered. */
  readonly problem: (problem: DomainError) => void;
  private readonly durations: Durations;
  private unread = 0;

  constructor(
    config: Config,
    database: Database,
    state: DatabaseState,
    watches: WatchService,
    feeds: Feeds,
    security: SecurityLog,
    storage: StorageLimits,
    idempotency: Idempotency,
    background: BackgroundMetrics,
    { registry }: MetricRegistry,
  ) {
    this.registry = registry;
    const instruments = new Instruments(registry);
    this.durations = instruments.durations(DURATION);
    this.problem = measureProblems(instruments);
    security.onProblem = this.problem;
    measureCallers(instruments, security, storage, idempotency);
    measureDatabase(instruments, database, state, config.database);
    measureChanges(instruments, watches, feeds);
    instruments.counted(
      {
        name: 'plinth_http_unread_connections_total',
        help: 'Connections that were ended because their client took nothing of what was there for it.',
      },
      (tell) => tell(this.unread),
    );
    instruments.counted(
      {
        name: 'plinth_log_dropped_lines_total',
        help: 'Lines of the log that were dropped because nobody read them in time.',
      },
      (tell) => tell(this.droppedLines()),
    );
    background.register(registry);
    measureProcess(registry, instruments, config);
  }

  /** A connection was ended because its answer lay unread. */
  readonly connectionUnread = (): void => {
    this.unread++;
  };

  readonly request: RequestObserver = ({ route, method, status }) => {
    if (route.isProbe) return undefined;
    const series = this.durations.series(
      METHODS.includes(method) ? method : '_OTHER',
      route.template ?? '',
      String(status),
    );
    // Where nobody traces there is nothing that an exemplar could lead to.
    return (ms, traceId) => series.observe(ms / 1000, tracer && traceId);
  };

  text(): Promise<string> {
    return this.registry.metrics();
  }

  /** The same, with the traces of some requests beside their buckets. */
  openMetrics(): Promise<string> {
    return openMetrics(this.registry);
  }
}
