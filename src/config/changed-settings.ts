import { SETTINGS, type Setting } from './settings.js';

/** The user and the password in a URL. */
const CREDENTIALS = /\/\/[^/]*@/g;

/** The settings that are not what they would be by default, as text, without what is secret in them. */
export function changedSettings(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const changed: Record<string, string> = {};
  for (const { key, default: byDefault, secret } of Object.values<Setting>(SETTINGS)) {
    const value = env[key];
    if (value !== undefined && value !== byDefault) changed[key] = value.replaceAll(CREDENTIALS, '//…@');
    const file = env[`${key}_FILE`];
    if (secret && file !== undefined) changed[`${key}_FILE`] = file;
  }
  return changed;
}
