/** Records that a write leaves beside its rows. */
export type StoredKind = 'change' | 'idempotency';

/** One record that is being stored, and for whom. */
export interface Stored {
  readonly kind: StoredKind;
  /** The caller's id. */
  readonly caller: string;
  readonly bytes: number;
}

/** Change records and idempotent answers, which outlive their request: how much of them a caller may cause in a day. */
export abstract class StorageBudget {
  /** Called before anything is written. @throws DomainError `storage-budget-spent` */
  abstract refuseSpent(caller: string): void;
  /** Counts at once, so that all that is under way counts. @returns to be told whether it was stored */
  abstract charge(stored: readonly Stored[]): (isStored: boolean) => void;
}
