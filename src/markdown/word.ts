/** How a value is written in one line. */
export interface Word<T> {
  /** In words, for a fault. */
  readonly kind: string;
  write(value: T): string;
  /** Undefined for what is none. */
  read(text: string): T | undefined;
}

/** One paragraph, not empty. */
export const text: Word<string> = {
  kind: 'a text',
  write: (value) => value,
  read: (value) => (value === '' ? undefined : value),
};

const capitalised = (word: string): string => `${word.charAt(0).toUpperCase()}${word.slice(1)}`;

export function oneOf<W extends string>(words: readonly W[]): Word<W> {
  return {
    kind: words.map(capitalised).join(', '),
    write: capitalised,
    read: (text) => words.find((word) => capitalised(word) === text),
  };
}

/** A day of the calendar, in the years that a `date` has. */
export const day: Word<string> = {
  kind: 'a day such as 2026-11-28',
  write: (value) => value,
  read: (text) => (isDay(text) ? text : undefined),
};

/** Null is the placeholder that the template has in its place. */
export function orPlaceholder<T>(placeholder: string, word: Word<T>): Word<T | null> {
  return {
    kind: `${word.kind}, or ${placeholder}`,
    write: (value) => ((value ?? null) === null ? placeholder : word.write(value!)),
    read: (text) => (text === placeholder ? null : word.read(text)),
  };
}

function isDay(text: string): boolean {
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().slice(0, 10) === text;
}
