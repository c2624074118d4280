import { totalmem } from 'node:os';
import { getHeapSpaceStatistics, getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { nodeOptions } from '../config/environment.js';

const MIB = 1_048_576;
/** The default of Node 24. */
const SEMI_SPACE_MIB = 64;
const SEMI_SPACE = /--max[-_]semi[-_]space[-_]size[= ](\d+)/;

/**
 * The limit of the heap's old part, in bytes: a process ends when that is full, however much of the young part is free, which
 * V8 counts as well and which may be the larger one.
 */
export const HEAP_LIMIT = heapLimit();

/** Bytes in the heap's old part, garbage that was not collected yet included. */
export function heapUsed(): number {
  let used = 0;
  for (const { space_name: name, space_used_size: bytes } of getHeapSpaceStatistics())
    if (!name.startsWith('new_')) used += bytes;
  return used;
}

let collect: (() => void) | undefined;

/** Collects rubbish now, which takes as long as some dozen requests. */
export function collectGarbage(): void {
  if (!collect) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
}

/** The limit of the process's memory; Infinity where it has none of its own. */
export const MEMORY_LIMIT = memoryLimit();

function heapLimit(): number {
  const { heap_size_limit: limit } = getHeapStatistics();
  const semiSpace = Number(SEMI_SPACE.exec(nodeOptions())?.[1] ?? SEMI_SPACE_MIB) * MIB;
  return Math.max(limit - 3 * semiSpace, limit / 4);
}

function memoryLimit(): number {
  const limit = process.constrainedMemory();
  return limit > 0 && limit < totalmem() ? limit : Infinity;
}
