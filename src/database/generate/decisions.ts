/** Decisions about changes that lose or refuse something, `loan.price` each; none of them is guessed. */
export interface DecisionOptions {
  /** `loan.old=new` */
  readonly rename?: readonly string[];
  readonly drop?: readonly string[];
  readonly keep?: readonly string[];
  readonly narrow?: readonly string[];
}

export class Decisions {
  private readonly renames: Map<string, string>;
  private readonly used = new Set<string>();

  constructor(private readonly options: DecisionOptions) {
    this.renames = new Map((options.rename ?? []).map((one) => one.split('=', 2) as [string, string]));
  }

  /** The new name of a field. */
  renamed(at: string): string | undefined {
    const to = this.renames.get(at);
    if (to !== undefined) this.used.add(`rename ${at}=${to}`);
    return to;
  }

  has(kind: 'drop' | 'keep' | 'narrow', at: string): boolean {
    if (!this.options[kind]?.includes(at)) return false;
    this.used.add(`${kind} ${at}`);
    return true;
  }

  /** Decisions that were about nothing: a misspelled name must not pass. */
  unused(): string[] {
    const given = Object.entries(this.options) as [string, readonly string[] | undefined][];
    const all = given.flatMap(([kind, list = []]) => list.map((at) => `${kind} ${at}`));
    return all.filter((one) => !this.used.has(one));
  }
}
