import { loadConfig, type Config } from './config.js';

/** The configuration of this process. The only place that reads the environment. */
export function readConfig(): Config {
  return loadConfig(process.env);
}
