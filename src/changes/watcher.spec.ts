import { EventEmitter } from 'node:events';
import type { FastifyReply } from 'fastify';
import { ANYBODY } from '../access/caller.js';
import { EventStream } from './event-stream.js';
import { Watcher, type WatchView } from './watcher.js';

/** A socket that takes what it is given, until it is told to take nothing more. */
class FakeResponse extends EventEmitter {
  written = '';
  writableLength = 0;
  destroyed = false;
  stuck = false;

  writeHead(): void {}
  flushHeaders(): void {}
  write(text: string): boolean {
    if (this.stuck) this.writableLength += text.length;
    else this.written += text;
    return !this.stuck;
  }
  end(text = ''): void {
    this.written += text;
  }
  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

describe('a stream', () => {
  let raw: FakeResponse;
  let closed: number;
  let stream: EventStream;
  beforeEach(() => {
    import.meta.jest.useFakeTimers();
    raw = new FakeResponse();
    closed = 0;
    stream = streamOn(raw);
    stream.open();
  });
  const streamOn = (response: FakeResponse) => {
    const reply = { raw: response, request: { method: 'GET' }, hijack: () => undefined, getHeaders: () => ({}) };
    return new EventStream(reply as unknown as FastifyReply, () => closed++);
  };
  afterEach(() => import.meta.jest.useRealTimers());

  it('sends a comment every 15 s, and no more once it is closed', () => {
    import.meta.jest.advanceTimersByTime(45_000);
    expect(raw.written).toBe(':\n\n'.repeat(3));
    raw.emit('close');
    import.meta.jest.advanceTimersByTime(60_000);
    expect(raw.written).toBe(':\n\n'.repeat(3));
    expect(closed).toBe(1);
    expect(stream.isClosed).toBe(true);
  });

  it('sends a bookmark at least every 60 s', () => {
    const watcher = new Watcher({ fields: [], isPlain: true } as unknown as WatchView, stream, ANYBODY);
    watcher.startAt({ epoch: 'epoch', seq: 41 });
    watcher.goLive();
    import.meta.jest.advanceTimersByTime(120_000);
    const bookmarks = raw.written.match(/id: epoch-41\nevent: bookmark\ndata: \{\}\n\n/g);
    expect(bookmarks!.length).toBeGreaterThanOrEqual(3);
    watcher.close();
  });

  it('ends within a minute when what it was opened with no longer holds', async () => {
    let isValid = true;
    const caller = { isStillValid: async () => isValid };
    const watcher = new Watcher({ fields: [], isPlain: true } as unknown as WatchView, stream, caller);
    watcher.startAt({ epoch: 'epoch', seq: 41 });
    watcher.goLive();
    await import.meta.jest.advanceTimersByTimeAsync(120_000);
    expect(raw.written).not.toContain('retry:');
    isValid = false;
    await import.meta.jest.advanceTimersByTimeAsync(60_000);
    expect(raw.written).toContain('retry:');
    watcher.close();
  });

  it('drops a reader that is more than 64 KiB behind, but lets one large event through', () => {
    raw.stuck = true;
    stream.send('x'.repeat(200_000));
    expect(raw.destroyed).toBe(false);
    stream.send('one more');
    expect(raw.destroyed).toBe(true);
    expect(closed).toBe(1);
  });

  it('neither drops nor comments on a reader that is still taking what was sent', async () => {
    raw.stuck = true;
    let isSent = false;
    void stream.sendAll('x'.repeat(200_000)).then(() => (isSent = true));
    await import.meta.jest.advanceTimersByTimeAsync(60_000);
    expect({ isSent, destroyed: raw.destroyed, behind: raw.writableLength }).toEqual({
      isSent: false,
      destroyed: false,
      behind: 200_000,
    });
    raw.emit('drain');
    await import.meta.jest.advanceTimersByTimeAsync(0);
    expect(isSent).toBe(true);
  });

  it('is over for a client that left before it was opened, or is ended before', async () => {
    const left = new FakeResponse();
    left.destroyed = true;
    streamOn(left);
    await import.meta.jest.advanceTimersByTimeAsync(0);
    expect(closed).toBe(1);
    const ended = new FakeResponse();
    streamOn(ended).end(1);
    expect({ closed, written: ended.written }).toEqual({ closed: 2, written: '' });
  });

  it('says when to come back', () => {
    stream.end(1_234.5);
    stream.end(1);
    expect(raw.written).toBe('retry: 1235\n\n');
    expect(closed).toBe(1);
  });
});
