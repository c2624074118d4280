/** The places where values of a subject are. */
export type Store = 'rows' | 'changes' | 'answers' | 'errors' | 'keys' | 'actors';

/** How much was found, by module and store. */
export class Counts {
  private readonly all: Record<string, Partial<Record<Store, number>>>;

  /** @param text as `toString` has it */
  constructor(text = '{}') {
    this.all = JSON.parse(text) as typeof this.all;
  }

  add(module: string, store: Store, count = 1): void {
    if (count === 0) return;
    const of = (this.all[module] ??= {});
    of[store] = (of[store] ?? 0) + count;
  }

  /** Rows of all modules. */
  get total(): number {
    return Object.values(this.all).reduce((sum, { rows = 0 }) => sum + rows, 0);
  }

  get list(): { module: string; store: Store; count: number }[] {
    return Object.entries(this.all).flatMap(([module, stores]) =>
      Object.entries(stores).map(([store, count]) => ({ module, store: store as Store, count })),
    );
  }

  toString(): string {
    return JSON.stringify(this.all);
  }
}
