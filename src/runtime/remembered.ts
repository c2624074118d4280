/** Characters of keys that are kept; what hangs on each counts as so many more. */
const ROOM = 16_000_000;
const EACH = 1_000;

/** Values that hold for a time, and which there were before; the oldest make room. */
export class Remembered<T> {
  private readonly entries = new Map<string, { readonly value: T; readonly until: number }>();
  private taken = 0;

  get(key: string): T | undefined {
    const entry = this.entries.get(key);
    return entry && entry.until > Date.now() ? entry.value : undefined;
  }

  /** The value that there was, though it may have to be looked at again. */
  last(key: string): T | undefined {
    return this.entries.get(key)?.value;
  }

  /** @param until milliseconds since 1970 */
  set(key: string, value: T, until: number): void {
    this.forget(key);
    this.entries.set(key, { value, until });
    this.taken += key.length + EACH;
    while (this.taken > ROOM) this.forget(this.entries.keys().next().value!);
  }

  forget(key: string): void {
    if (this.entries.delete(key)) this.taken -= key.length + EACH;
  }

  /** Forgets all: each has to be looked at again. */
  expire(): void {
    for (const [key, { value }] of this.entries) this.entries.set(key, { value, until: 0 });
  }
}
