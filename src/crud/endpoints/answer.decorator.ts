import type { EndpointOptions } from './endpoint.js';
import type { Handles } from './endpoint.decorator.js';
import { around } from './around.js';
import { answered, checkAnswer, type AnswerOf, type AnswerType } from './own-answer.js';

/** The declaration of a route without an endpoint decorator about its answers. */
export interface OwnAnswer extends EndpointOptions {
  readonly answer: AnswerType;
}

const ANSWER = Symbol('plinth:answer');

/**
 * Answers `{ data, status }` with the declared members of a class, on a route of a module's own that is none of the usual
 * endpoints. It stands under `@Get()`, `@Scope()` and the like, and compiles only on a handler that returns such.
 * @param answer a class whose members have `@Field()`; `[Class]` for a list of it
 */
export function Answer<A extends AnswerType>(answer: A, options: EndpointOptions = {}): Handles<AnswerOf<A>> {
  return (target, key, descriptor) => {
    checkAnswer(answer, `${target.constructor.name}.${String(key)}()`);
    descriptor.value = around(target, key, descriptor.value!, async ({ caller }, _args, handle) => ({
      data: answered(answer, await handle(), caller),
      status: 'success',
    }));
    Object.defineProperty(descriptor.value, ANSWER, { value: { ...options, answer } satisfies OwnAnswer });
  };
}

export function ownAnswerOf(handler: object): OwnAnswer | undefined {
  return (handler as { [ANSWER]?: OwnAnswer })[ANSWER];
}
