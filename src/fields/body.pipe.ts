import { Injectable, type ArgumentMetadata, type PipeTransform, type Type } from '@nestjs/common';
import { DomainError } from '../problems/domain-error.js';
import { derivedRules } from './bodies.js';
import { BodyRules } from './body-rules.js';

/** A body class that is checked later, by whoever knows what it is applied to: it is handed the parsed body as it is. */
export abstract class DeferredBody {
  /** @param isPartial of a document, which has no place for all members: a PUT keeps those that it leaves out */
  constructor(
    readonly value: unknown,
    readonly isPartial = false,
  ) {}
}

/** Members that were read from a body which is not JSON. */
export class Document {
  constructor(readonly members: object) {}
}

/** Checks each `@Body()` by the rules of its class: 422 with every fault at once. */
@Injectable()
export class BodyPipe implements PipeTransform {
  private readonly compiled = new Map<Type<unknown>, BodyRules>();

  transform(body: unknown, { type, metatype }: ArgumentMetadata): unknown {
    if (type !== 'body') return body;
    if (body === undefined) throw new DomainError('invalid-json', 'The body is empty.');
    const isDocument = body instanceof Document;
    const value = isDocument ? body.members : body;
    if (metatype && metatype.prototype instanceof DeferredBody) return new metatype(value, isDocument);
    checkBody(this.rulesOf(metatype!), value);
    return value;
  }

  /**
   * At start. @param handler `LoanController.lend()`
   * @throws TypeError for a body that could not be checked: an interface, a generic type and what is imported by
   * `import type` are no class at run time, and a class may declare no rules
   */
  prepare(metatype: Type<unknown> | undefined, handler: string): void {
    if (metatype && metatype.prototype instanceof DeferredBody) return;
    if (metatype && !ERASED.has(metatype) && !this.rulesOf(metatype).isEmpty) return;
    const found =
      metatype && !ERASED.has(metatype) ? `${metatype.name}, which declares no rules` : 'no class at run time';
    throw new TypeError(
      `${handler} has a @Body() of ${found}: give it a class with @Field() or class-validator's decorators, imported without \`type\`.`,
    );
  }

  private rulesOf(metatype: Type<unknown>): BodyRules {
    let rules = this.compiled.get(metatype);
    if (!rules) this.compiled.set(metatype, (rules = derivedRules(metatype) ?? new BodyRules(metatype)));
    return rules;
  }
}

/** Types that TypeScript leaves of a parameter that is no class. */
const ERASED: ReadonlySet<unknown> = new Set([Object, Function, Array, String, Number, Boolean, Promise]);

/** Throws 422 `validation-failed` with all that is wrong with `body`. */
export function checkBody(rules: BodyRules, body: unknown, only?: readonly string[]): asserts body is object {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    const errors = [{ code: 'wrong-type', detail: 'The body must be a JSON object.', pointer: '#' }];
    throw new DomainError('validation-failed', 'The body is not a JSON object.', { errors });
  }
  const errors = rules.violations(body, only);
  if (errors.length === 0) return;
  const detail = errors.length === 1 ? errors[0]!.detail : `${errors.length} members are not valid.`;
  throw new DomainError('validation-failed', detail, { errors });
}
