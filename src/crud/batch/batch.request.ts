import { DomainError, type ProblemItem } from '../../problems/domain-error.js';
import type { ModuleRegistry } from '../module.registry.js';

export const MAX_OPERATIONS = 100;
export const OPS = ['create', 'update', 'replace', 'delete'] as const;
export type Op = (typeof OPS)[number];

export interface BatchOperation {
  readonly op: Op;
  readonly id?: string;
  readonly body?: unknown;
  readonly if_match?: string;
}

export interface BatchRequest {
  readonly atomic: boolean;
  readonly operations: readonly BatchOperation[];
}

/** The operations that a module has a route for: a controller may go without some. */
export function opsOf(registry: ModuleRegistry, module: string): readonly Op[] {
  return OPS.filter((op) => registry.has(module, op === 'delete' ? 'remove' : op));
}

/**
 * Checks the envelope of a batch; the bodies of its operations are checked by their module, each in its turn.
 * @param allowed the operations that the module has
 */
export function parseBatch(body: unknown, allowed: readonly Op[]): BatchRequest {
  const errors: ProblemItem[] = [];
  if (!isObject(body)) throw invalid([{ code: 'wrong-type', detail: 'The body must be a JSON object.', pointer: '#' }]);
  refuseUnknown(body, ['atomic', 'operations'], '#', errors);
  const { atomic = true, operations } = body;
  if (typeof atomic !== 'boolean')
    errors.push({ code: 'wrong-type', detail: '"atomic" must be true or false.', pointer: '#/atomic' });
  if (!Array.isArray(operations) || operations.length < 1 || operations.length > MAX_OPERATIONS) {
    const detail = `"operations" must be an array of 1 to ${MAX_OPERATIONS} operations.`;
    throw invalid([...errors, { code: 'wrong-length', detail, pointer: '#/operations' }]);
  }
  (operations as unknown[]).forEach((operation, index) =>
    checkOperation(operation, allowed, `#/operations/${index}`, errors),
  );
  if (errors.length > 0) throw invalid(errors);
  return { atomic: atomic as boolean, operations: operations as BatchOperation[] };
}

function checkOperation(operation: unknown, allowed: readonly Op[], pointer: string, errors: ProblemItem[]): void {
  if (!isObject(operation)) {
    errors.push({ code: 'wrong-type', detail: 'An operation must be an object.', pointer });
    return;
  }
  refuseUnknown(operation, ['op', 'id', 'body', 'if_match'], pointer, errors);
  const { op, id, body, if_match: ifMatch } = operation;
  const fault = (member: string, detail: string) =>
    errors.push({ code: 'not-valid', detail, pointer: `${pointer}/${member}` });
  if (!allowed.includes(op as Op)) fault('op', `"op" must be one of ${allowed.join(', ')}.`);
  if (op === 'create' ? id !== undefined : typeof id !== 'string') {
    fault('id', op === 'create' ? 'A create names its id in "body".' : '"id" must be a string.');
  }
  if (op === 'delete' ? body !== undefined : !isObject(body)) {
    fault('body', op === 'delete' ? 'A delete has no "body".' : '"body" must be an object.');
  }
  if (ifMatch !== undefined && (typeof ifMatch !== 'string' || op === 'create')) {
    fault('if_match', op === 'create' ? 'A create has no "if_match".' : '"if_match" must be a string.');
  }
}

function refuseUnknown(object: object, known: readonly string[], pointer: string, errors: ProblemItem[]): void {
  for (const name of Object.keys(object)) {
    if (known.includes(name)) continue;
    errors.push({
      code: 'unknown-member',
      detail: `There is no member "${name.slice(0, 64).toWellFormed()}".`,
      pointer,
    });
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(errors: ProblemItem[]): DomainError {
  return new DomainError(
    'validation-failed',
    errors.length === 1 ? errors[0]!.detail : `${errors.length} faults in the batch.`,
    { errors },
  );
}
