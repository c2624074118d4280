import { integer, listOf, oneOf, optional, text, type Setting } from './settings.js';

/** The options that every setting of a module has. */
export interface SettingWords {
  /** The variable, which begins with the module's name: `LOAN_DAYS`. */
  readonly key: string;
  /** For docs/configuration.md; ends with a full stop. */
  readonly description: string;
  /** May also come from the file that `{key}_FILE` names. */
  readonly secret?: boolean;
}

type WithDefault<T> = SettingWords & { readonly default: T };

/** The kinds of settings that a module may have. */
export const setting = {
  integer({ minimum, maximum, ...words }: WithDefault<number> & { minimum: number; maximum: number }): Setting<number> {
    return { ...words, ...integer(minimum, maximum), default: String(words.default) };
  },
  oneOf<const T extends string>({ words, ...more }: WithDefault<T> & { readonly words: readonly T[] }): Setting<T> {
    return { ...more, ...oneOf(...words) };
  },
  onOff({ default: value, ...words }: WithDefault<boolean>): Setting<boolean> {
    const { expects, parse } = oneOf('on', 'off');
    return { ...words, expects, parse: (word) => parse(word) === 'on', default: value ? 'on' : 'off' };
  },
  /** @param options `expects` is what a good value is, in the words of an error message: `an https URL` */
  text({ pattern, expects, ...words }: WithDefault<string> & { pattern: RegExp; expects: string }): Setting<string> {
    return { ...words, ...text(pattern, expects) };
  },
  /** Null where the variable is not set. */
  optionalText({
    pattern,
    expects,
    ...words
  }: SettingWords & { pattern: RegExp; expects: string }): Setting<string | null> {
    return { ...words, ...optional(text(pattern, expects)) };
  },
  /** With commas between. */
  list({
    pattern,
    expects,
    default: words,
    ...more
  }: WithDefault<readonly string[]> & { pattern: RegExp; expects: string }): Setting<readonly string[]> {
    return { ...more, ...listOf((word) => pattern.test(word), expects), default: words.join() };
  },
} as const;
