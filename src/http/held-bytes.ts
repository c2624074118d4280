import type { Caller } from '../access/caller.js';
import type { Config } from '../config/config.js';
import { DomainError } from '../problems/domain-error.js';
import { HEAP_LIMIT } from '../runtime/heap.js';

/** Less than that of one body or answer is not counted: there can't be enough of them. */
export const LITTLE_BYTES = 16_384;
const MIB = 1_048_576;

/**
 * Limits the memory that callers take for as long as they like: bodies that come, and answers that nobody reads. One caller
 * may have a part of it, and a request beyond is refused before anything is done for it.
 */
export class HeldBytes {
  private readonly callers = new Map<string, number>();
  private bytes = 0;
  private readonly most: number;
  /** Infinity where nobody is known: then all are one caller. */
  private readonly mostPerCaller: number;

  constructor({ http: { heldPercent, heldPercentPerCaller }, access: { keys, jwt } }: Config) {
    this.most = (HEAP_LIMIT * heldPercent) / 100;
    this.mostPerCaller = keys || jwt ? (HEAP_LIMIT * heldPercentPerCaller) / 100 : Infinity;
  }

  get total(): number {
    return this.bytes;
  }

  add({ id }: Caller, bytes: number): void {
    this.bytes += bytes;
    this.callers.set(id, (this.callers.get(id) ?? 0) + bytes);
  }

  remove({ id }: Caller, bytes: number): void {
    this.bytes -= bytes;
    const left = this.callers.get(id)! - bytes;
    if (left > 0) this.callers.set(id, left);
    else this.callers.delete(id);
  }

  /**
   * @param more what the caller would get beside what they have
   * @throws DomainError `rate-limited`, `overloaded`
   */
  check(caller: Caller, more = 0): void {
    // Nearly always.
    if (this.bytes === 0) return;
    if ((this.callers.get(caller.id) ?? 0) + more > this.mostPerCaller)
      throw new DomainError(
        'rate-limited',
        `A caller may have ${inMib(this.mostPerCaller)} of bodies and unread answers in memory. Read the answers that are there, and send less at once.`,
        { headers: { 'retry-after': '1' }, log: { limit: 'held' } },
      );
    if (more > 0 && this.bytes + more > this.most)
      throw new DomainError(
        'overloaded',
        `All callers together may have ${inMib(this.most)} of bodies and unread answers in memory. Ask for less at once, or later.`,
        { headers: { 'retry-after': '1' }, log: { limit: 'held' } },
      );
  }
}

function inMib(bytes: number): string {
  return `${Math.floor(bytes / MIB)} MiB`;
}
