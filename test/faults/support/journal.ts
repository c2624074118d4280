/** What its caller knows of a write. */
export type Outcome = 'acknowledged' | 'refused' | 'unknown';

export interface Entry {
  readonly op: 'created' | 'updated';
  readonly name: string;
  /** Of the row; of a create whose answer was lost nobody knows it. */
  readonly id?: string | undefined;
  outcome: Outcome;
}

export interface Stored {
  readonly rows: readonly { readonly id: string; readonly name: string }[];
  readonly changes: readonly {
    readonly resource_id: string;
    readonly op: string;
    readonly after: string;
    readonly seq: number | null;
  }[];
}

/** All writes of a run; each has a name of its own, and so tells its change record from all others. */
export class Journal {
  readonly entries: Entry[] = [];

  get acknowledged(): number {
    return this.entries.filter(({ outcome }) => outcome === 'acknowledged').length;
  }

  /** @returns what contradicts it in the database: nothing, if every promise was kept */
  faultsIn({ rows, changes }: Stored): string[] {
    const faults: string[] = [];
    const times = new Map<string, number>();
    for (const { op, after } of changes) {
      const key = `${op} ${(JSON.parse(after) as { name: string }).name}`;
      times.set(key, (times.get(key) ?? 0) + 1);
    }
    const named = Map.groupBy(rows, ({ name }) => name);
    for (const { op, name, id, outcome } of this.entries) {
      const count = times.get(`${op} ${name}`) ?? 0;
      if (count > 1) faults.push(`${op} ${name}: done ${count} times`);
      if (outcome === 'acknowledged' && count === 0) faults.push(`${op} ${name}: acknowledged, and lost`);
      if (outcome === 'refused' && count > 0) faults.push(`${op} ${name}: refused, and done`);
      if (op === 'updated') continue;
      const found = named.get(name) ?? [];
      if (found.length !== count) faults.push(`${name}: ${found.length} rows, ${count} records`);
      if (outcome === 'acknowledged' && found[0]?.id !== id) faults.push(`${name}: acknowledged with another id`);
    }
    this.judgeUpdated(rows, faults);
    const seqs = changes.flatMap(({ seq }) => (seq === null ? [] : [seq])).sort((a, b) => a - b);
    if (seqs.some((seq, n) => seq !== n + 1)) faults.push('The numbers of the feed are not dense');
    return faults;
  }

  /** A row that is updated over and over is what its last acknowledged update says, or one after that whose outcome is unknown. */
  private judgeUpdated(rows: Stored['rows'], faults: string[]): void {
    const updates = Map.groupBy(
      this.entries.filter(({ op }) => op === 'updated'),
      ({ id }) => id,
    );
    for (const [id, entries] of updates) {
      const last = entries.findLastIndex(({ outcome }) => outcome === 'acknowledged');
      if (last === -1) continue;
      const possible = [entries[last]!, ...entries.slice(last + 1).filter(({ outcome }) => outcome === 'unknown')];
      const name = rows.find((row) => row.id === id)?.name;
      if (!possible.some((entry) => entry.name === name)) faults.push(`${id} is ${name}: the last update is lost`);
    }
  }
}
