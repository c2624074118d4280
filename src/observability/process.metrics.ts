import { collectDefaultMetrics, type Registry } from '@prometheus-io/client';
import type { Config } from '../config/config.js';
import { VERSION } from '../config/version.js';
import type { Instruments } from './instruments.js';

const EVENT_LOOP_RESOLUTION_MS = 20;
/** The client library's own whose names `promtool check metrics` refuses; the first three are sums of others. */
const MISNAMED = [
  'nodejs_active_resources_total',
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_eventloop_utilization_summary',
  'nodejs_eventloop_utilization_histogram',
];

/** Memory, processor, event loop, collections of garbage, and what runs here. */
export function measureProcess(registry: Registry, instruments: Instruments, config: Config): void {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: EVENT_LOOP_RESOLUTION_MS });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  let loopBefore = performance.eventLoopUtilization();
  instruments.gauge(
    {
      name: 'nodejs_eventloop_utilization_ratio',
      help: 'How much of the time since the last scrape the event loop was busy.',
    },
    (tell) => {
      const loop = performance.eventLoopUtilization();
      tell(performance.eventLoopUtilization(loop, loopBefore).utilization);
      loopBefore = loop;
    },
  );
  const build = {
    version: VERSION,
    commit: config.commit ?? 'unknown',
    node: process.versions.node,
    engine: config.database.kind,
  };
  instruments.gauge(
    { name: 'plinth_build_info', help: 'What runs here; always 1.', labelNames: Object.keys(build) },
    (tell) => tell(1, build),
  );
}
