import { Counter, Gauge, type Registry } from '@prometheus-io/client';
import { Durations, type DurationsOptions } from './durations.js';

type Labels = Record<string, string>;
/** Tells the value of each series, at the moment of a scrape. */
type Collect = (tell: (value: number, labels?: Labels) => void) => void;

interface Named {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly string[];
}

/** Makes the metrics of one registry. No label has a value that callers choose. */
export class Instruments {
  constructor(private readonly registry: Registry) {}

  gauge(named: Named, collect: Collect): void {
    new Gauge({
      ...this.optionsOf(named),
      collect() {
        this.reset();
        collect((value, labels = {}) => this.set(labels, value));
      },
    });
  }

  /** Shows a count that is kept elsewhere. */
  counted(named: Named, collect: Collect): void {
    new Counter({
      ...this.optionsOf(named),
      collect() {
        this.reset();
        collect((value, labels = {}) => this.inc(labels, value));
      },
    });
  }

  /** @param from what is counted from zero: a series that begins with its first event has no rate for it */
  counter(named: Named & { readonly labelNames: readonly [string] }, from: Iterable<string>): (value: string) => void {
    const counter = new Counter(this.optionsOf(named));
    const [label] = named.labelNames;
    for (const value of from) counter.inc({ [label]: value }, 0);
    return (value) => counter.inc({ [label]: value });
  }

  durations(options: DurationsOptions): Durations {
    const durations = new Durations(options);
    this.registry.registerMetric(durations.metric);
    return durations;
  }

  private optionsOf({ name, help, labelNames = [] }: Named) {
    return { name, help, labelNames, registers: [this.registry] };
  }
}
