import type { RequestContext } from '../../crud/endpoints/request-context.js';
import { nameOf, type CrudEntity, type EntityClass } from '../../rows/crud.entity.js';
import { durationMs, type Duration } from '../duration.js';
import { mark } from '../found-methods.js';
import { checkName } from '../work-name.js';
import type { Change } from './change.js';

export interface OnChangeOptions {
  /** The consumer's own: its position is kept under it. Small letters, digits and hyphens, 30 at most. */
  readonly name: string;
  /** Where a consumer begins that has no position yet: at what is committed from then on (default), or at all that the feed has. */
  readonly from?: Beginning;
  /** How often a change is tried before it is set aside, from 1 to 100; 8 unless it is said. */
  readonly tries?: number;
  /** The pause after the first try, doubled by each one: 1s to 1m unless it is said. */
  readonly backoff?: { readonly first?: Duration; readonly most?: Duration };
  /** For one change; 30s unless it is said. */
  readonly timeLimit?: Duration;
}

export type Beginning = 'now' | 'beginning';

type ChangeHandler<E extends CrudEntity> = (change: Change<E>, context: RequestContext) => unknown;

/** The checked options of `@OnChange()`. */
export interface DeclaredConsumer {
  readonly name: string;
  readonly resource: EntityClass;
  readonly module: string;
  readonly from: Beginning;
  readonly tries: number;
  readonly firstPauseMs: number;
  readonly mostPauseMs: number;
  readonly limitMs: number;
}

export const ON_CHANGE = Symbol('plinth:on-change');

/**
 * Makes a method a durable consumer of a resource's changes: each comes at least once, in order, to one process at a time.
 * @throws TypeError naming the method, for what can't work
 */
export function OnChange<E extends CrudEntity>(resource: EntityClass<E>, options: OnChangeOptions) {
  return <H extends ChangeHandler<E>>(
    target: object,
    method: string | symbol,
    descriptor: TypedPropertyDescriptor<H>,
  ): void => {
    const handler = `${target.constructor.name}.${String(method)}()`;
    mark(descriptor.value!, ON_CHANGE, checked(resource, options, handler));
  };
}

function checked(resource: EntityClass, options: OnChangeOptions, handler: string): DeclaredConsumer {
  const { name, from = 'now', tries = 8, backoff: { first = '1s', most = '1m' } = {}, timeLimit = '30s' } = options;
  checkName(name, `@OnChange() on ${handler}`);
  const who = `The consumer '${name}' (${handler})`;
  if (typeof resource !== 'function') throw new TypeError(`${who} needs the class of a resource.`);
  if (!(['now', 'beginning'] as unknown[]).includes(from))
    throw new TypeError(`${who} begins from 'now' or from the 'beginning', and not from ${JSON.stringify(from)}.`);
  if (!Number.isInteger(tries) || tries < 1 || tries > 100) throw new TypeError(`${who} needs from 1 to 100 tries.`);
  const firstPauseMs = durationMs(first, `backoff.first of '${name}'`);
  const mostPauseMs = durationMs(most, `backoff.most of '${name}'`);
  if (mostPauseMs < firstPauseMs) throw new TypeError(`${who}: backoff.most must not be less than backoff.first.`);
  const limitMs = durationMs(timeLimit, `timeLimit of '${name}'`);
  return { name, resource, module: moduleOf(resource, who), from, tries, firstPauseMs, mostPauseMs, limitMs };
}

function moduleOf(resource: EntityClass, who: string): string {
  try {
    return nameOf(resource);
  } catch (error) {
    throw new TypeError(`${who} is for what is no resource: ${(error as Error).message}.`, { cause: error });
  }
}
