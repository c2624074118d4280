import type { Type } from '@nestjs/common';
import type { Caller } from '../../access/caller.js';
import { declaredFields } from '../../fields/field.decorator.js';

/** A class whose members have `@Field()`, or a list of such. */
export type AnswerType = Type<object> | readonly [Type<object>];
/** What a handler gives back for it. */
export type AnswerOf<A> = A extends readonly [Type<infer T>] ? T[] : A extends Type<infer T> ? T : never;

export function itemOf(answer: AnswerType): Type<object> {
  return Array.isArray(answer) ? (answer as readonly [Type<object>])[0] : (answer as Type<object>);
}

/** The declared members of an answer, as far as the caller may have them: what else an object has is never sent. */
export function answered(answer: AnswerType, value: unknown, caller: Caller): object {
  const fields = declaredFields(itemOf(answer)).filter(
    ({ readable }) => readable === true || (readable !== false && caller.can(readable)),
  );
  const pick = (one: object) =>
    Object.fromEntries(fields.map(({ name }) => [name, (one as Record<string, unknown>)[name] ?? null]));
  return Array.isArray(value) ? (value as object[]).map(pick) : pick(value as object);
}

/** @throws TypeError for a class that declares nothing: its answers would be empty */
export function checkAnswer(answer: AnswerType, where: string): void {
  const item = itemOf(answer);
  if (declaredFields(item).length === 0)
    throw new TypeError(`${where} answers ${item.name}, which declares nothing: give its members @Field().`);
}
