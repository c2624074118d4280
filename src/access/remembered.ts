/** Values that hold for a time, and which there were before; the oldest make room. */
export class Remembered<T> {
  private readonly entries = new Map<string, { readonly value: T; readonly until: number }>();

  /** @param most entries that are kept */
  constructor(private readonly most: number) {}

  get(key: string): T | undefined {
    const entry = this.entries.get(key);
    return entry && entry.until > Date.now() ? entry.value : undefined;
  }

  /** Whether there was a value, though it may have to be looked at again. */
  had(key: string): boolean {
    return this.entries.has(key);
  }

  /** @param until milliseconds since 1970 */
  set(key: string, value: T, until: number): void {
    this.entries.delete(key);
    if (this.entries.size >= this.most) this.entries.delete(this.entries.keys().next().value!);
    this.entries.set(key, { value, until });
  }

  forget(key: string): void {
    this.entries.delete(key);
  }

  /** All have to be looked at again. */
  expire(): void {
    for (const [key, { value }] of this.entries) this.entries.set(key, { value, until: 0 });
  }
}
