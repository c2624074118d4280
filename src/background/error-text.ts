import { wordsOf } from '../problems/error-words.js';

const MOST = 1_000;

/** The text of an error, as it is kept for operators: its columns have no room for more. */
export function errorText(error: unknown): string {
  const text = wordsOf(error) || (error as Error).name;
  return [...text.toWellFormed()].slice(0, MOST).join('');
}
