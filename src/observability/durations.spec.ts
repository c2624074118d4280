import { Histogram, Registry } from '@prometheus-io/client';
import { Durations } from './durations.js';

describe('durations', () => {
  it("are told as the client library's own histogram tells them", async () => {
    const options = { name: 'seconds', help: 'Some "help".', labelNames: ['a', 'b'] };
    const bounds = [0.005, 0.01, 0.1, 1];
    const [own, library] = [new Registry(), new Registry()];
    const durations = new Durations({ ...options, bounds });
    own.registerMetric(durations.metric);
    const histogram = new Histogram({ ...options, buckets: bounds, registers: [library] });
    for (const [a, b] of [
      ['x', ''],
      ['y', '"\\\n'],
      ['x', ''],
    ] as const) {
      const series = durations.series(a, b);
      for (const value of [0, 0.004, 0.005, 0.0051, 0.01, 0.7, 1, 1.5, 30]) {
        series.observe(value);
        histogram.labels(a, b).observe(value);
      }
    }
    const told = await own.metrics();
    expect(told).toBe(await library.metrics());
    expect(told.match(/^seconds_bucket/gm)).toHaveLength(10);
  });
});
