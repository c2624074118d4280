import { DomainError } from 'plinth';
import type { Specification } from './specification.entity.js';
import type { Phase } from './specification.fields.js';
import { DOCUMENT } from './specification.outline.js';

/** Where `:advance` leads from each phase. */
const NEXT: ReadonlyMap<Phase | null, Phase> = new Map([
  [null, 'planning'],
  ['planning', 'implementation'],
  ['implementation', 'review'],
  ['review', 'complete'],
]);
const NEEDED: ReadonlyMap<Phase | null, readonly (keyof Specification)[]> = new Map([
  ['review', ['technical_risks', 'business_risks', 'success_metrics']],
  ['complete', DOCUMENT.members],
]);

/** @throws DomainError `conflict` */
export function phaseAfter({ status }: Specification): Phase {
  const next = NEXT.get(status);
  if (!next) throw new DomainError('conflict', 'A specification that is complete does not advance.');
  return next;
}

/** @throws DomainError `conflict` */
export function phaseReopened({ status }: Specification): Phase {
  if (status === 'review' || status === 'complete') return 'implementation';
  throw new DomainError('conflict', 'Only a specification in review, or one that is complete, can be reopened.');
}

/** @throws DomainError `validation-failed` naming each member that the phase needs */
export function checkComplete(row: Specification): void {
  const missing = (NEEDED.get(row.status) ?? []).filter((member) => !isWritten(row[member]));
  if (missing.length === 0) return;
  const errors = missing.map((member) => ({
    code: 'missing',
    detail: `"${member}" must be written before the phase "${row.status}".`,
    pointer: `#/${member}`,
  }));
  const detail = errors.length === 1 ? errors[0]!.detail : `${errors.length} sections are not written.`;
  throw new DomainError('validation-failed', detail, { errors });
}

/** Whether there is something, and nothing in it is a placeholder in brackets, as the template has them. */
function isWritten(value: unknown): boolean {
  if (typeof value === 'string') return value !== '' && !(value.startsWith('[') && value.endsWith(']'));
  if (typeof value !== 'object' || value === null) return false;
  const parts = Object.values(value);
  return parts.length > 0 && parts.every(isWritten);
}

/** @throws DomainError `validation-failed` for names of no module, unless they were there before */
export function checkResources(
  after: readonly string[],
  before: readonly string[],
  isModule: (name: string) => boolean,
): void {
  const errors = after.flatMap((name, at) =>
    before.includes(name) || isModule(name)
      ? []
      : [{ code: 'unknown-module', detail: `There is no module "${name}".`, pointer: `#/resources/${at}` }],
  );
  if (errors.length > 0) throw new DomainError('validation-failed', errors[0]!.detail, { errors });
}
