import type { Server } from 'node:http';
import type { Socket } from 'node:net';

const PARTS = 4;
const LONGEST_PAUSE_MS = 1_000;
/** Event streams may be read by little: they have as many times as long. */
const STREAM_FACTOR = 10;

/**
 * The bytes that the kernel has taken of those that a socket was given, which Node does not document: a slow reader of one
 * large piece makes progress in it. Without them a piece counts when all of it was taken.
 */
interface Internals {
  readonly _handle?: { readonly bytesWritten?: number; readonly writeQueueSize?: number } | null;
}

function takenOf(socket: Socket): number {
  const { bytesWritten, writeQueueSize } = (socket as Internals)._handle ?? {};
  if (bytesWritten !== undefined && writeQueueSize !== undefined) return bytesWritten - writeQueueSize;
  return socket.bytesWritten - socket.writableLength;
}

interface Progress {
  /** Bytes that the kernel has taken. */
  taken: number;
  /** The time when that was seen to change, by `performance.now()`. */
  since: number;
}

const slowReaders = new WeakSet<Socket>();

/** Gives the reader of a stream more time: Linux reports no progress before a third of its own buffer is free. */
export function allowSlowReading(socket: Socket | null): void {
  if (socket) slowReaders.add(socket);
}

/**
 * Ends connections that take nothing of what is there for them, as nginx's send_timeout does. What was waiting goes with them:
 * the answer, the pages of an export that would follow, the place of a stream. Looks at the sockets now and then, so that an
 * answer which is read costs nothing.
 */
export class UnreadAnswers {
  private readonly open = new Set<Socket>();
  private readonly stuck = new Map<Socket, Progress>();
  private timer: NodeJS.Timeout | undefined;

  /** @param onEnd called for each connection that is ended */
  constructor(
    private readonly ms: number,
    private readonly onEnd: () => void,
  ) {}

  watch(server: Server): void {
    server.on('connection', (socket) => {
      this.open.add(socket);
      socket.once('close', () => {
        this.open.delete(socket);
        this.stuck.delete(socket);
      });
    });
    server.on('listening', () => {
      this.timer = setInterval(() => this.look(), Math.min(this.ms / PARTS, LONGEST_PAUSE_MS)).unref();
    });
    server.on('close', () => clearInterval(this.timer));
  }

  private look(): void {
    const now = performance.now();
    for (const socket of this.open) {
      if (socket.writableLength === 0) this.stuck.delete(socket);
      else this.judge(socket, now);
    }
  }

  private judge(socket: Socket, now: number): void {
    const taken = takenOf(socket);
    const known = this.stuck.get(socket);
    if (known?.taken !== taken) this.stuck.set(socket, { taken, since: now });
    else if (now - known.since >= this.ms * (slowReaders.has(socket) ? STREAM_FACTOR : 1)) {
      socket.destroy();
      this.onEnd();
    }
  }
}
