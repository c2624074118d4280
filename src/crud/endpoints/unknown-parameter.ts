import type { ProblemItem } from '../../problems/domain-error.js';

export function unknownParameter(name: string): ProblemItem {
  const parameter = name.slice(0, 64).toWellFormed();
  return { code: 'unknown-parameter', detail: `There is no parameter "${parameter}" here.`, parameter };
}
