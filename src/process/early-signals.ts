export const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

const heard: NodeJS.Signals[] = [];
const hear = (signal: NodeJS.Signals): void => void heard.push(signal);

/** Keeps signals that come before the program has read its code; PID 1 of a container would never get them. */
export function hearSignals(): void {
  for (const signal of SIGNALS) process.on(signal, hear);
}

/** Gives `listener` the signals that were kept, and all that come. */
export function onSignals(listener: (signal: NodeJS.Signals) => void): void {
  for (const signal of SIGNALS) process.on(signal, listener).off(signal, hear);
  for (const signal of heard.splice(0)) listener(signal);
}
