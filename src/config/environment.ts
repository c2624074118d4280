import { changedSettings } from './changed-settings.js';
import { loadConfig, type Config } from './config.js';

/** The configuration of this process. This file is the only one that reads the environment. @throws ConfigError */
export function readConfig(): Config {
  return loadConfig(process.env);
}

/** For the log: those of this process. */
export function readChangedSettings(): Record<string, string> {
  return changedSettings(process.env);
}

/**
 * The configuration of a command, which listens to nobody: only of the database, and of what is kept in it. All else has
 * its default, so that a setting of the service's can't be in the way, and nothing runs in the background. @throws ConfigError
 */
export function readCommandConfig(): Config {
  const settings = Object.entries(process.env).filter(([key]) => /^(DATABASE|CHANGES|PRIVACY)_/.test(key));
  return loadConfig({ ...Object.fromEntries(settings), BACKGROUND: 'off' });
}

/** Whether somebody looks for a fault: commands then tell all of an error. */
export function isDebugging(): boolean {
  return ['debug', 'trace'].includes(process.env.LOG_LEVEL ?? '');
}

export function isRunByNpm(): boolean {
  return process.env.npm_lifecycle_event !== undefined;
}

/** For a program that takes the place of this one. */
export function wholeEnvironment(): NodeJS.ProcessEnv {
  return process.env;
}

/** Node's own options, from its command line and `NODE_OPTIONS`. */
export function nodeOptions(): string {
  return [process.env.NODE_OPTIONS ?? '', ...process.execArgv].join(' ');
}
