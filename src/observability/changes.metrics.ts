import type { Feeds } from '../changes/feeds.js';
import type { WatchService } from '../changes/watch.service.js';
import type { Series } from './durations.js';
import type { Instruments } from './instruments.js';

const SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Watchers, and how far they are behind what is written. */
export function measureChanges(instruments: Instruments, watches: WatchService, feeds: Feeds): void {
  instruments.gauge({ name: 'plinth_event_streams', help: 'Event streams that are open.' }, (tell) =>
    tell(watches.count),
  );
  instruments.counted(
    {
      name: 'plinth_event_streams_dropped_total',
      help: 'Event streams that were ended because their readers were too far behind.',
    },
    (tell) => tell(watches.dropped),
  );
  instruments.gauge(
    {
      name: 'plinth_feed_staleness_seconds',
      help: 'Time since the feed of a module was read, 0 while nobody watches it. After some seconds its watchers miss news.',
      labelNames: ['module'],
    },
    (tell) => {
      for (const [module, ms] of feeds.staleness()) tell(ms / 1000, { module });
    },
  );
  instruments.gauge(
    {
      name: 'plinth_feed_unnumbered_changes',
      help: 'Changes that have no number yet (10000: or more), as counted some seconds ago. Who watches numbers them at once; where nobody does it is done every ten minutes.',
      labelNames: ['module'],
    },
    (tell) => {
      for (const [module, count] of feeds.unnumbered()) tell(count, { module });
    },
  );
  const lags = instruments.durations({
    name: 'plinth_feed_lag_seconds',
    help: 'Time from a change to its delivery to the watchers of this process, by the clocks of both; of several that were delivered together, the oldest.',
    labelNames: ['module'],
    bounds: SECONDS,
  });
  const known = new Map<string, Series>();
  feeds.onDelivery = (module, ms) => {
    let series = known.get(module);
    if (!series) known.set(module, (series = lags.series(module)));
    // Another machine wrote it, whose clock is ahead.
    series.observe(Math.max(0, ms) / 1000);
  };
}
