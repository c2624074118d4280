/** Values that hold for a time; the oldest make room. */
export class Remembered<T> {
  private readonly entries = new Map<string, { readonly value: T; readonly until: number }>();

  /** @param most entries that are kept */
  constructor(private readonly most: number) {}

  get(key: string): T | undefined {
    const entry = this.entries.get(key);
    if (!entry) return undefined;
    if (entry.until > Date.now()) return entry.value;
    this.entries.delete(key);
    return undefined;
  }

  /** @param until milliseconds since 1970 */
  set(key: string, value: T, until: number): void {
    this.entries.delete(key);
    if (this.entries.size >= this.most) this.entries.delete(this.entries.keys().next().value!);
    this.entries.set(key, { value, until });
  }

  clear(): void {
    this.entries.clear();
  }
}
