import { parseArgs, type ParseArgsConfig, type ParseArgsOptionsConfig } from 'node:util';
import { isDebugging } from '../config/environment.js';

/** A command line that is not understood. */
export class UsageError extends Error {
  /** EX_USAGE of sysexits.h. */
  readonly exitCode = 64;

  /** The reason alone: a page of help would push it out of visibility. */
  constructor(what: string, usage: string) {
    const [command] = /^npm (run [\w:]+|start)/.exec(usage)!;
    super(`${what}\n${command} -- --help says how it is used.`);
  }
}

type Arguments<T extends ParseArgsOptionsConfig> = ReturnType<typeof parseArgs<{ options: T; allowPositionals: true }>>;

/** Shows the usage and ends the process where it is asked to. @throws UsageError for what the command does not know */
export function readArguments<T extends ParseArgsOptionsConfig>(
  usage: string,
  options: T,
  mostPositionals = 0,
): Arguments<T> {
  const help = { help: { type: 'boolean', short: 'h' } } satisfies ParseArgsOptionsConfig;
  const config = { options: { ...options, ...help }, allowPositionals: true } satisfies ParseArgsConfig;
  let read;
  try {
    read = parseArgs(config);
  } catch (error) {
    throw new UsageError((error as Error).message, usage);
  }
  if ((read.values as { help?: boolean }).help) {
    process.stdout.write(`${usage}\n`);
    process.exit(0);
  }
  const [unknown] = read.positionals.slice(mostPositionals);
  if (unknown !== undefined) throw new UsageError(`Unexpected argument '${unknown}'`, usage);
  return read;
}

interface Told {
  readonly exitCode?: number;
  readonly code?: string;
  readonly detail?: string;
  readonly stack?: string;
}

/** Runs a command to its end; an error is one line on standard error, and an exit code. */
export async function runCommand(work: () => Promise<void>): Promise<void> {
  const fail = (error: unknown): never => {
    tellError(error);
    process.exit();
  };
  process.on('unhandledRejection', fail);
  process.on('uncaughtException', fail);
  // A reader that has gone (`… 2>&1 | head`) must not end a migration in the middle; the console takes care of itself.
  process.stderr.on('error', () => undefined);
  await work().catch(tellError);
}

/** Tells why a command failed; with LOG_LEVEL=debug the stack as well. */
export function tellError(error: unknown): void {
  const { exitCode = 1, code, detail, stack } = Object(error) as Told;
  // Problems are told as to callers of the API: their message begins with the code.
  const message = detail ?? (error instanceof Error ? error.message : String(error));
  // The driver's error for a server at two addresses has no message.
  const line = [message, code ?? '', 'Unknown error'].find((text) => text !== '')!;
  process.stderr.write(`${isDebugging() && stack !== undefined ? stack : exitCode === 1 ? inOneLine(line) : line}\n`);
  process.exitCode = exitCode;
}

function inOneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ');
}
