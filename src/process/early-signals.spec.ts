import { hearSignals, onSignals, SIGNALS } from './early-signals.js';

describe('signals that come before the program has read its code', () => {
  afterEach(() => {
    for (const signal of SIGNALS) process.removeAllListeners(signal);
  });

  it('are kept, and given once to whoever listens first', () => {
    hearSignals();
    process.emit('SIGHUP', 'SIGHUP');
    process.emit('SIGTERM', 'SIGTERM');
    const heard: NodeJS.Signals[] = [];
    onSignals((signal) => heard.push(signal));
    expect(heard).toEqual(['SIGHUP', 'SIGTERM']);
    process.emit('SIGINT', 'SIGINT');
    expect(heard).toEqual(['SIGHUP', 'SIGTERM', 'SIGINT']);
    const again: NodeJS.Signals[] = [];
    onSignals((signal) => again.push(signal));
    expect(again).toEqual([]);
  });
});
