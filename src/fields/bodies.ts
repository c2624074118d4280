import type { Type } from '@nestjs/common';
import type { CrudEntity } from '../rows/crud.entity.js';
import { BodyRules } from './body-rules.js';
import { declaredFields } from './field.decorator.js';

type Own<E> = Omit<E, keyof CrudEntity>;
type MayBeEmpty<T> = { [K in keyof T]: null extends T[K] ? K : undefined extends T[K] ? K : never }[keyof T];

/** The body of POST and PUT. What may be null may be left out, and so may what is declared with `?` (a derived field). */
export type CreateInput<E> = Omit<Own<E>, MayBeEmpty<Own<E>>> &
  Partial<Pick<Own<E>, MayBeEmpty<Own<E>>>> & { readonly id?: string };
/** The body of PATCH. */
export type UpdateInput<E> = Partial<Own<E>>;

/** The key, on a body class, of the rules that it was derived with. */
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
