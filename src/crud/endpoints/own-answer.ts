import type { Type } from '@nestjs/common';
import type { Caller } from '../../access/caller.js';
import { declaredFields } from '../../fields/field.decorator.js';

/** A class whose members have `@Field()`, or a list of such. */
export type AnswerType = Type<object> | readonly [Type<object>];
/** The type that a handler gives back for it. */
export type AnswerOf<A> = A extends readonly [Type<infer T>] ? T[] : A extends Type<infer T> ? T : never;

export function itemOf(answer: AnswerType): Type<object> {
  return Array.isArray(answer) ? (answer as readonly [Type<object>])[0] : (answer as Type<object>);
}

/** The declared members of an answer, as far as the caller may have them: what else an object has is never sent. */
export function answered(answer: AnswerType, value: unknown, caller: Caller): object {
  const names = namesFor(answer, caller);
  return eachOf(value, (one) => Object.fromEntries(names.map((name) => [name, one[name] ?? null])));
}

/** An answer that is given again, without what the caller may not have any more. */
export function stillShown(answer: AnswerType, value: unknown, caller: Caller): object {
  const names = namesFor(answer, caller);
  return eachOf(value, (one) => Object.fromEntries(Object.entries(one).filter(([name]) => names.includes(name))));
}

function namesFor(answer: AnswerType, caller: Caller): string[] {
  const fields = declaredFields(itemOf(answer));
  const may = fields.filter(({ readable }) => readable === true || (readable !== false && caller.can(readable)));
  return may.map(({ name }) => name);
}

function eachOf(value: unknown, pick: (one: Readonly<Record<string, unknown>>) => object): object {
  return Array.isArray(value) ? value.map(pick) : pick(value as Record<string, unknown>);
}

/** @throws TypeError for a class that declares nothing: its answers would be empty */
export function checkAnswer(answer: AnswerType, where: string): void {
  const item = itemOf(answer);
  if (declaredFields(item).length === 0)
    throw new TypeError(`${where} answers ${item.name}, which declares nothing: give its members @Field().`);
}
