export { createClient, type ClientOptions, type PlinthClient } from './client.js';
export { ConnectionError } from './connection-error.js';
export { newIdempotencyKey } from './idempotency-key.js';
export type { EditOptions, ListOptions, ReadOptions, Versioned, WriteOptions } from './module-client.js';
export type { ModuleClient } from './module-client.js';
export { isProblem, ProblemError, type ProblemCode, type ProblemItem } from './problem-error.js';
export type { RetryPolicy } from './retry-policy.js';
export type { BatchOperation, BatchOutcome, Body, ModuleName, PageOf, Query, RowOf } from './types.js';
export type { WatchEvent, WatchOptions } from './watch.js';
