import type { Type } from '@nestjs/common';
import type { ClassReplacement } from '../crud/plinth-module.js';
import { RateLimits } from './limits/rate-limits.js';
import { SecurityLog } from './security-log.js';
import { TokenVerifier } from './tokens/token-verifier.js';

/** The kernel's classes that a module may put another one in place of. */
const REPLACEABLE: readonly Type<object>[] = [RateLimits, SecurityLog, TokenVerifier];

/** @throws TypeError for a class that can't be replaced, by what does not extend it, or twice */
export function checkReplacements(replacements: readonly ClassReplacement[]): void {
  const taken = new Set<object>();
  for (const { provide, useClass } of replacements) {
    const names = REPLACEABLE.map(({ name }) => name).join(', ');
    if (!REPLACEABLE.includes(provide))
      throw new TypeError(`${provide.name} can't be replaced by ${useClass.name}: only ${names} can.`);
    if (!(useClass.prototype instanceof provide))
      throw new TypeError(`${useClass.name} must extend ${provide.name}, which it is to replace.`);
    if (taken.has(provide))
      throw new TypeError(`${provide.name} is replaced twice, the second time by ${useClass.name}.`);
    taken.add(provide);
  }
}
