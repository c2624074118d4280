import type { Type } from '@nestjs/common';
import { BodyRules } from './body-rules.js';
import { declaredFields } from './field.decorator.js';

/** The members of `E` that a client may give: those that are not `readonly`. */
type Writable<E> = {
  [K in keyof E as Equal<Pick<E, K>, { -readonly [Q in K]: E[K] }> extends true ? K : never]: E[K];
};
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type EmptyMembers<T> = { [K in keyof T]: null extends T[K] ? K : undefined extends T[K] ? K : never }[keyof T];

/** The body of POST and PUT; what may be null may be left out, and so may what has a default (declare it `?` to leave it out in code). */
export type CreateInput<E> = Omit<Writable<E>, EmptyMembers<Writable<E>>> &
  Partial<Pick<Writable<E>, EmptyMembers<Writable<E>>>> & { readonly id?: string };
/** The body of PATCH. */
export type UpdateInput<E> = Partial<Writable<E>>;

/** On a body class: the rules that it was derived with. */
const RULES = Symbol('plinth:rules');

/** The body of POST and PUT as a class: every field of `resource` that a client may write, with its rules. */
export function CreateOf<E extends object>(resource: Type<E>): Type<CreateInput<E>> {
  return bodyClass(resource, (writable) => writable !== false);
}

/** The body of PATCH as a class: the fields of `resource` that may be changed, each of them optional. */
export function UpdateOf<E extends object>(resource: Type<E>): Type<UpdateInput<E>> {
  return bodyClass(resource, (writable) => writable === true);
}

/** Undefined for a body class that declares its members itself. */
export function derivedRules(body: object): BodyRules | undefined {
  return (body as { [RULES]?: BodyRules })[RULES];
}

function bodyClass<T>(resource: Type<unknown>, isTaken: (writable: boolean | 'create') => boolean): Type<T> {
  const members = declaredFields(resource).map(({ name, writable }) => [name, isTaken(writable)] as const);
  const named = (taken: boolean) => members.flatMap(([name, is]) => (is === taken ? [name] : []));
  class Body {
    static readonly [RULES] = new BodyRules(resource, { members: named(true), readOnly: named(false) });
  }
  return Body as unknown as Type<T>;
}
