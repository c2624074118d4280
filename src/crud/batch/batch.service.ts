import { Injectable } from '@nestjs/common';
import { Config } from '../../config/config.js';
import { Database } from '../../database/database.js';
import type { Transaction } from '../../database/session.js';
import { DomainError } from '../../problems/domain-error.js';
import { problemBody } from '../../problems/problem.js';
import { withCode } from '../../problems/to-domain-error.js';
import type { CrudEntity } from '../../rows/crud.entity.js';
import type { CrudService } from '../crud.service.js';
import { MultiStatus, type Representation } from '../endpoints/answer.js';
import { MergePatch, Replacement } from '../endpoints/bodies.js';
import { checkPreconditions, type RequestContext } from '../endpoints/request-context.js';
import type { BatchOperation, BatchRequest } from './batch.request.js';

type AnyService = CrudService<CrudEntity>;

interface Outcome {
  readonly index: number;
  readonly status: number;
  readonly data?: object;
  readonly problem?: object;
}

/** Many operations of one module in one transaction: all or none, or each behind a savepoint of its own. */
@Injectable()
export class BatchService {
  constructor(
    private readonly database: Database,
    private readonly config: Config,
  ) {}

  run(service: AnyService, batch: BatchRequest, context: RequestContext): Promise<Outcome[] | MultiStatus> {
    const { atomic, operations } = batch;
    const work = async (transaction: Transaction) => {
      // In whatever order the operations come: two batches would otherwise hold what the other one waits for.
      await service.lockInOrder(operations.flatMap(idOf));
      const room = new AnswerRoom(this.config.http.pageBytes);
      const run = (operation: BatchOperation, index: number) =>
        room.fill(operation, () => perform(service, operation, index, context));
      return atomic ? all(operations, run) : each(operations, run, context, transaction);
    };
    return this.database.transaction(work, { since: context.since });
  }
}

type Run = (operation: BatchOperation, index: number) => Promise<Outcome>;

/**
 * Limits the outcomes of a batch, which are in memory until the last one is there: to the bytes of a page, and the one that
 * reaches them.
 */
class AnswerRoom {
  private bytes = 0;

  constructor(private readonly most: number) {}

  async fill({ op }: BatchOperation, run: () => Promise<Outcome>): Promise<Outcome> {
    if (this.bytes >= this.most && op !== 'delete')
      throw new DomainError(
        'answer-too-large',
        `The answers before it have ${this.most} bytes together, which is all that a batch may have: send the rest in another one.`,
      );
    const outcome = await run();
    for (const value of Object.values(outcome.data ?? {})) this.bytes += sizeOf(value);
    return outcome;
  }
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  return typeof value === 'object' ? JSON.stringify(value).length : 8;
}

async function all(operations: readonly BatchOperation[], run: Run): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const [index, operation] of operations.entries()) {
    try {
      outcomes.push(await run(operation, index));
    } catch (thrown) {
      const error = withCode(thrown);
      throw error instanceof DomainError ? atOperation(error, index) : error;
    }
  }
  return outcomes;
}

async function each(
  operations: readonly BatchOperation[],
  run: Run,
  context: RequestContext,
  transaction: Transaction,
): Promise<MultiStatus> {
  const outcomes: Outcome[] = [];
  for (const [index, operation] of operations.entries()) {
    try {
      outcomes.push(await transaction.savepoint(() => run(operation, index)));
    } catch (thrown) {
      const error = withCode(thrown);
      if (!(error instanceof DomainError)) throw error;
      const problem = problemBody(atOperation(error, index), context.traceId);
      // A failure of the server (a lost connection, a full disk) is the batch's, not the operation's.
      if (problem.status >= 500) throw error;
      outcomes.push({ index, status: problem.status, problem });
    }
  }
  return new MultiStatus(outcomes);
}

/** The id of an operation; a create has it in its body, and the row may exist. */
function idOf({ id, body }: BatchOperation): string[] {
  const named = id ?? (body as { readonly id?: unknown } | undefined)?.id;
  return typeof named === 'string' ? [named] : [];
}

async function perform(
  service: AnyService,
  operation: BatchOperation,
  index: number,
  context: RequestContext,
): Promise<Outcome> {
  const { op, id = '', body, if_match: ifMatch } = operation;
  const own = operationContext(context, ifMatch);
  switch (op) {
    case 'create':
      service.model.checkCreate(body);
      return outcome(index, await service.create(body, own));
    case 'update':
      return outcome(index, await service.update(id, new MergePatch(body), own));
    case 'replace':
      return outcome(index, await service.replace(id, new Replacement(body), own));
    case 'delete':
      await service.remove(id, own);
      return { index, status: 204 };
  }
}

function outcome(index: number, { created, data }: Representation<CrudEntity>): Outcome {
  return { index, status: created ? 201 : 200, data };
}

function operationContext(context: RequestContext, ifMatch: string | undefined): RequestContext {
  const conditions = {
    ifMatch: ifMatch === undefined ? undefined : context.entityTags(ifMatch, 'if_match'),
    ifNoneMatch: undefined,
  };
  return Object.assign(Object.create(context) as RequestContext, conditions, {
    checkPreconditions: (etag: string | null) => checkPreconditions(conditions, etag),
  });
}

/** The error, with its pointers inside the operation that it is about. */
function atOperation(error: DomainError, index: number): DomainError {
  const at = `#/operations/${index}`;
  const errors = error.errors.map((item) => {
    if (item.pointer !== undefined) return { ...item, pointer: `${at}/body${item.pointer.slice(1)}` };
    if (item.header !== undefined) return { code: item.code, detail: item.detail, pointer: `${at}/if_match` };
    return { ...item, pointer: at };
  });
  if (errors.length === 0) errors.push({ code: error.code, detail: error.detail, pointer: at });
  const { code, detail, status, log } = error;
  // Other headers, such as a row's entity tag, are not the batch's.
  const { 'retry-after': retryAfter } = error.headers;
  const kept = retryAfter !== undefined && { headers: { 'retry-after': retryAfter } };
  const more = { errors, log, cause: error, ...kept, ...(status && { status }) };
  return new DomainError(code, `Operation ${index}: ${detail}`, more);
}
