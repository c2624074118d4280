// Imported into each contender before its own code: tells, when it is asked, how late the event loop was since the last time.
import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 10;
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delay.enable();
process.on('message', () => {
  // The histogram counts its own period as delay.
  process.send(Math.max(0, delay.percentile(99) / 1e6 - RESOLUTION_MS));
  delay.reset();
});
process.channel?.unref();
