import type { LoggerService, LogLevel } from '@nestjs/common';
import { pino, stdTimeFunctions, type Logger } from 'pino';
import type { LogConfig } from '../config/config.js';
import { wordsOf } from '../problems/error-words.js';
import { now } from '../runtime/instant.js';
import type { RequestObserver } from '../http/engine/request-observers.js';
import { LogOutput } from './log-output.js';

/** Text of more lives through two collections under load, and is old garbage then. */
const BUFFER_BYTES = 16_384;
const FLUSH_EVERY_MS = 100;
/** Answers that somebody looks for when something is wrong: none is left out. */
const SLOW_MS = 1_000;

/** Nest's account of its own wiring, some forty lines a start. */
const WIRING = new Set<unknown>([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
]);

/** JSON lines on standard output, written together: a line costs 2 µs, a system call for each would cost ten times that. */
export class JsonLogger implements LoggerService {
  private readonly output = new LogOutput(process.stdout);
  private readonly pino: Logger;
  private logsRequests = false;
  private lines = '';
  private beginning = '';
  private time = '';

  constructor(private readonly config: Pick<LogConfig, 'level' | 'successPercent'>) {
    const { level } = config;
    const serializers = { err: withoutValues };
    this.pino = pino(
      { level, base: undefined, timestamp: stdTimeFunctions.isoTime, serializers },
      { write: (line) => this.add(line) },
    );
    this.become(level);
    setInterval(() => {
      this.handOver();
      this.output.tellDropped();
    }, FLUSH_EVERY_MS).unref();
  }

  /** Lines that were dropped because nobody read them in time. */
  get dropped(): number {
    return this.output.dropped;
  }

  log = (message: unknown, ...rest: unknown[]): void =>
    this.write(WIRING.has(rest.at(-1)) ? 'debug' : 'info', message, rest);
  error = (message: unknown, ...rest: unknown[]): void => this.write('error', message, rest);
  warn = (message: unknown, ...rest: unknown[]): void => this.write('warn', message, rest);
  debug = (message: unknown, ...rest: unknown[]): void => this.write('debug', message, rest);
  verbose = (message: unknown, ...rest: unknown[]): void => this.write('trace', message, rest);
  fatal = (message: unknown, ...rest: unknown[]): void => this.write('fatal', message, rest);

  /** Changes between what is configured and debug: for a look at what goes on, without a restart. */
  toggleDebug(): void {
    const { level } = this.config;
    this.become(this.pino.level === 'debug' ? level : 'debug');
    // Also where it is not to be seen by its level: who asked for it looks for it.
    this.add(`${this.begin()},"msg":"The log level is ${this.pino.level} now"}\n`);
  }

  private become(level: string): void {
    this.pino.level = level;
    this.logsRequests = this.pino.isLevelEnabled('info');
  }

  setLogLevels(_levels: LogLevel[]): void {}

  /**
   * One line for each answer, without anything of its bodies, query or headers. It is written by hand, as pino would:
   * a third of its cost, and nothing in it needs to be escaped (a known method, a template, numbers, an id that is JSON already,
   * hexadecimal digits).
   */
  readonly request: RequestObserver = ({ route, method, status }) => {
    if (route.isProbe) return undefined;
    const what = `,"method":"${method}","route":${route.quoted},"status":${status},"ms":`;
    const share = status < 400 ? this.config.successPercent / 100 : 1;
    return (ms, traceId, { quoted }, bytes) => {
      if (!this.logsRequests || (share < 1 && ms < SLOW_MS && Math.random() >= share)) return;
      const how = `${Math.round(ms * 100) / 100},"bytes":${bytes},"caller":${quoted},"trace_id":"${traceId}"`;
      this.add(`${this.begin()}${what}${how}}\n`);
    };
  };

  private add(line: string): void {
    this.lines += line;
    if (this.lines.length > BUFFER_BYTES) this.handOver();
  }

  private handOver(): void {
    if (this.lines === '') return;
    this.output.write(this.lines);
    this.lines = '';
  }

  /** The beginning of a line, its level and time; made once a millisecond. */
  private begin(): string {
    const time = now();
    if (time !== this.time) {
      this.time = time;
      this.beginning = `{"level":30,"time":"${time}"`;
    }
    return this.beginning;
  }

  /** Writes what is left before the process ends. @param withinMs that its reader has for it; 0: what it takes at once */
  flush(withinMs = 0): Promise<void> {
    this.handOver();
    return this.output.drained(withinMs);
  }

  private write(
    level: 'info' | 'error' | 'warn' | 'debug' | 'trace' | 'fatal',
    message: unknown,
    rest: unknown[],
  ): void {
    const context = rest.at(-1);
    const fields = { ...(typeof context === 'string' && { context }) };
    // Without a `msg` of its own a line would get the error's message, values and all.
    if (typeof message === 'object' && message !== null) this.pino[level]({ ...fields, msg: 'Error', ...message });
    else this.pino[level](fields, String(message));
  }
}

/**
 * An error without what callers sent: a driver's error repeats the statement and the values that it failed on. What is
 * left tells what happened and where.
 */
function withoutValues(error: Error & { code?: string; errno?: number }): object {
  const { name, code, errno, stack = '', cause } = error;
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return {
    type: name,
    ...(code !== undefined && { code }),
    ...(errno !== undefined && { errno }),
    message: wordsOf(error),
    stack: frames.join('\n'),
    ...(cause instanceof Error && { cause: withoutValues(cause) }),
  };
}
