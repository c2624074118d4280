import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client';

/** Prefixes of the kernel's metrics, of Node's, and of HTTP's and databases' by OpenTelemetry. */
const TAKEN = /^(plinth|nodejs|process|http|db)_/;

interface MetricOptions<L extends string> {
  /** As Prometheus has them: `loan_returns_total`, `loan_weight_grams`. */
  readonly name: string;
  readonly help: string;
  /** Names of labels. No label has a value that callers choose: each one is a series for ever. */
  readonly labelNames?: readonly L[];
}

/** The metrics of modules, which `/metrics` shows beside the kernel's. Inject it, and make each metric once, in a constructor. */
@Injectable()
export class MetricRegistry {
  readonly registry = new Registry();

  /** Only goes up. @throws Error for a name that is taken or that Prometheus does not take */
  counter<L extends string = never>(options: MetricOptions<L>): Counter<L> {
    return new Counter(this.of(options));
  }

  /** @param collect sets its value when it is asked for: `gauge.set(…)`. @throws as `counter` */
  gauge<L extends string = never>(options: MetricOptions<L>, collect?: (gauge: Gauge<L>) => void): Gauge<L> {
    return new Gauge({
      ...this.of(options),
      ...(collect && {
        collect(this: Gauge<L>) {
          collect(this);
        },
      }),
    });
  }

  /** @param options `buckets` are upper limits, by default those of durations in seconds. @throws as `counter` */
  histogram<L extends string = never>(
    options: MetricOptions<L> & { readonly buckets?: readonly number[] },
  ): Histogram<L> {
    const { buckets } = options;
    return new Histogram({ ...this.of(options), ...(buckets && { buckets: [...buckets] }) });
  }

  private of<L extends string>({ name, help, labelNames = [] }: MetricOptions<L>) {
    if (TAKEN.test(name)) throw new Error(`The metric ${name} needs its module's name in front.`);
    return { name, help, labelNames: [...labelNames], registers: [this.registry] };
  }
}
