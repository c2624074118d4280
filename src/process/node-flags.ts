/**
 * How Node is started for the service: docs/performance.md has why, "What the collector of garbage costs". Sizes in MiB.
 * Flags that come after these win.
 */
export const NODE_FLAGS = [
  '--max-semi-space-size=16',
  '--max-old-space-size=512',
  '--no-parallel-scavenge',
  '--expose-gc',
] as const;
