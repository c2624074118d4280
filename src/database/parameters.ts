import type { SqlValue } from './session.js';

/** @throws TypeError for what is no `SqlValue`, in the same words on every engine; before anything is sent or run */
export function checkParameters(params: readonly SqlValue[]): void {
  for (const value of params) {
    switch (typeof value) {
      case 'string':
      case 'boolean':
      case 'bigint':
        continue;
      case 'number':
        // SQLite would store NULL for NaN, MySQL would refuse it.
        if (Number.isFinite(value)) continue;
        break;
      default:
        if (value === null || Buffer.isBuffer(value)) continue;
    }
    throw notAValue(value);
  }
}

export function notAValue(value: unknown): TypeError {
  return new TypeError(`A parameter of a statement is no value: ${typeof value === 'number' ? value : typeof value}.`);
}
