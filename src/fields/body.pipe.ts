import { Injectable, type ArgumentMetadata, type PipeTransform, type Type } from '@nestjs/common';
import { DomainError } from '../problems/domain-error.js';
import { derivedRules } from './bodies.js';
import { BodyRules } from './body-rules.js';

/** A body class that is checked later, by whoever knows what it is applied to: it is handed the parsed JSON as it is. */
export abstract class DeferredBody {
  constructor(readonly value: unknown) {}
}

/**
 * Checks each `@Body()` whose type is a class with class-validator rules: 422 with every fault at once. A body that is
 * declared with an interface or a generic type has no class at run time and could not be checked: that is a mistake in
 * the handler, and it throws.
 */
@Injectable()
export class BodyPipe implements PipeTransform {
  private readonly compiled = new Map<Type<unknown>, BodyRules>();

  transform(value: unknown, { type, metatype }: ArgumentMetadata): unknown {
    if (type !== 'body') return value;
    if (value === undefined) throw new DomainError('invalid-json', 'The body is empty.');
    if (metatype && metatype.prototype instanceof DeferredBody) return new metatype(value);
    if (!metatype || metatype === Object) throw new TypeError('@Body() needs a DTO class: its type is erased');
    checkBody(this.rulesOf(metatype), value);
    return value;
  }

  private rulesOf(metatype: Type<unknown>): BodyRules {
    let rules = this.compiled.get(metatype);
    if (!rules) {
      rules = derivedRules(metatype) ?? new BodyRules(metatype);
      if (rules.isEmpty) throw new TypeError(`@Body() ${metatype.name} declares no rules`);
      this.compiled.set(metatype, rules);
    }
    return rules;
  }
}

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
