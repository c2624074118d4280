import { context, propagation, trace } from '@opentelemetry/api';
import type { TracesConfig } from '../config/config.js';
import { NAME, VERSION } from '../config/version.js';

/** A receiver that is away must not hold the stop up. */
const LAST_SPANS_MS = 2_000;

/**
 * Sends traces to a receiver (OTLP). All of it is imported only here: nobody pays for it who does not want it.
 * @returns sends what is left, and ends
 */
export async function exportTraces({ endpoint, ratio }: TracesConfig): Promise<() => Promise<void>> {
  const { hooks, core, exporter, resources, sdk } = await imported();
  const own = resources.resourceFromAttributes({ 'service.name': NAME, 'service.version': VERSION });
  // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES.
  const detectors = [resources.resourceAttributesEnvDetector, resources.serviceNameEnvDetector];
  const resource = own.merge(resources.detectResources({ detectors }));
  const url = `${endpoint.replace(/\/$/, '')}/v1/traces`;
  const provider = new sdk.TracerProvider({
    resource,
    sampler: new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(ratio) }),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter: new exporter.OTLPTraceExporter({ url }) })],
  });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new hooks.AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new core.W3CTraceContextPropagator());
  return async () => {
    const late = new Promise<void>((resolve) => setTimeout(resolve, LAST_SPANS_MS).unref());
    await Promise.race([provider.shutdown().catch(() => undefined), late]);
  };
}

async function imported() {
  const [hooks, core, exporter, resources, sdk] = await Promise.all([
    import('@opentelemetry/context-async-hooks'),
    import('@opentelemetry/core'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
    import('@opentelemetry/sdk-trace'),
  ]);
  return { hooks, core, exporter, resources, sdk };
}
