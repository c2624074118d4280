import type { Metric } from '@prometheus-io/client';

export interface DurationsOptions {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
  /** Upper bounds in seconds, ascending. */
  readonly bounds: readonly number[];
}

interface Exemplar {
  readonly traceId: string;
  readonly seconds: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** As the client library writes it in OpenMetrics; it leaves it out in the older text. */
function exemplarOf(one: Exemplar | undefined): object | undefined {
  return one && { labelSet: { trace_id: one.traceId }, value: one.seconds, timestamp: one.at / 1000 };
}

/** Counts the durations of one set of label values. */
export class Series {
  private readonly counts: number[];
  private sum = 0;
  /** The last observation of each bucket that came with a trace id. */
  private readonly exemplars: (Exemplar | undefined)[];

  constructor(
    private readonly labels: Readonly<Record<string, string>>,
    private readonly bounds: readonly number[],
  ) {
    this.counts = new Array<number>(bounds.length + 1).fill(0);
    this.exemplars = new Array<undefined>(bounds.length + 1).fill(undefined);
  }

  /** @param traceId that leads to it, in logs and traces */
  observe(seconds: number, traceId?: string): void {
    const { bounds } = this;
    let at = 0;
    while (at < bounds.length && seconds > bounds[at]!) at++;
    this.counts[at]!++;
    this.sum += seconds;
    if (traceId !== undefined) this.exemplars[at] = { traceId, seconds, at: Date.now() };
  }

  /** The values of a histogram as Prometheus has it: each bucket counts what the ones before it do. */
  values(name: string): object[] {
    const { labels } = this;
    let count = 0;
    const buckets = this.counts.map((more, at) => {
      count += more;
      const exemplar = exemplarOf(this.exemplars[at]);
      const bucket = { le: this.bounds[at] ?? '+Inf', ...labels };
      return { metricName: `${name}_bucket`, labels: bucket, value: count, ...(exemplar && { exemplar }) };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: this.sum },
      { metricName: `${name}_count`, labels, value: count },
    ];
  }
}

/**
 * A histogram for what happens with every request: the client library's own looks its labels up and checks them with each
 * value, also where the series is known, which was seen to take a fortieth of a read.
 */
export class Durations {
  readonly type = 'histogram';
  readonly aggregator = 'sum';
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
  private readonly all = new Map<string, Series>();

  constructor(private readonly options: DurationsOptions) {
    this.name = options.name;
    this.help = options.help;
    this.labelNames = options.labelNames;
  }

  /** As the client's registry takes it, which asks for nothing that is not here. */
  get metric(): Metric {
    return this as unknown as Metric;
  }

  /** The series of these values, in the order of the label names. To be kept: this is the slow part. */
  series(...values: readonly string[]): Series {
    const key = JSON.stringify(values);
    const { labelNames, bounds } = this.options;
    const labels = Object.fromEntries(labelNames.map((name, n) => [name, values[n]!]));
    const series = this.all.get(key) ?? new Series(labels, bounds);
    this.all.set(key, series);
    return series;
  }

  get(): Promise<object> {
    const { name, help, type, aggregator } = this;
    return Promise.resolve({
      name,
      help,
      type,
      aggregator,
      values: [...this.all.values()].flatMap((one) => one.values(name)),
    });
  }
}
