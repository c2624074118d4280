/** The places where values of a subject are. */
export type Store = 'rows' | 'changes' | 'answers' | 'errors' | 'keys' | 'actors';

/** How much one step has found. */
export type Tally = Partial<Record<Store, number>>;

/** How much was found, by module and store. */
export class Counts {
  private readonly all: Record<string, Tally>;

  /** @param text of another one */
  constructor(text = '{}') {
    this.all = JSON.parse(text) as typeof this.all;
  }

  add(module: string, store: Store, count = 1): void {
    if (count === 0) return;
    const of = (this.all[module] ??= {});
    of[store] = (of[store] ?? 0) + count;
  }

  addAll(module: string, tally: Tally): void {
    for (const [store, count] of Object.entries(tally)) this.add(module, store as Store, count);
  }

  /** The same and one step more. */
  with(module: string, tally: Tally): Counts {
    const counts = new Counts(this.text);
    counts.addAll(module, tally);
    return counts;
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

  get text(): string {
    return JSON.stringify(this.all);
  }
}
