import { Registry, type Metric } from '@prometheus-io/client';

/**
 * A registry as OpenMetrics, which alone has exemplars. The library's own way renames the counters of a registry for good:
 * its text would be another one from then on.
 */
export async function openMetrics(registry: Registry): Promise<string> {
  const printer = new Registry(Registry.OPENMETRICS_CONTENT_TYPE);
  const print = (metric: Metric) =>
    // A family of counters has a name without the ending of its series.
    isCounter(metric) ? registry.getMetricsAsString(metric).then(named) : printer.getMetricsAsString(metric);
  const texts = await Promise.all((registry.getMetricsAsArray() as unknown as Metric[]).map(print));
  return `${texts.join('\n')}\n# EOF\n`;
}

function isCounter(metric: Metric): boolean {
  return (metric as unknown as { type: string }).type === 'counter';
}

function named(text: string): string {
  return text.replaceAll(/^# (HELP|TYPE) (\S+)_total /gm, '# $1 $2 ');
}
