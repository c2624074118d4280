import { fromInstant, toInstant } from '../runtime/instant.js';

/** TypeORM's own API shall give the same values as Plinth's repositories do: RFC 3339 strings. */
export const instants = {
  to: (value: string | null | undefined) => (typeof value === 'string' ? fromInstant(value) : value),
  from: (value: string | null) => (typeof value === 'string' ? toInstant(value) : value),
};
