import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import type { Caller } from '../access/caller.js';
import { Leases } from '../background/leases/leases.js';
import { isId } from '../fields/id.js';
import { DomainError } from '../problems/domain-error.js';
import { Counts } from './erasure/counts.js';
import { SubjectModels } from './erasure/subject-models.js';
import type { OperationEntity, OperationKind } from './operations/operation.entity.js';
import { OperationRepository } from './operations/operation.repository.js';
import { PrivacyWork } from './operations/privacy-work.js';
import type { PrivacyOperation } from './privacy.dto.js';
import { SubjectExport } from './subject-export.js';

/** Personal data of one subject: given out, and erased. */
@Injectable()
export class PrivacyService implements OnModuleInit {
  private readonly logger = new Logger('Privacy');

  constructor(
    private readonly operations: OperationRepository,
    private readonly work: PrivacyWork,
    private readonly exports: SubjectExport,
    private readonly models: SubjectModels,
    private readonly leases: Leases,
  ) {}

  /** An application whose resources are about nobody pays nothing for it. */
  onModuleInit(): void {
    if (this.models.all.length > 0) this.leases.add(this.work);
  }

  /** Begins an operation, or finds the one that is under way for the subject. @throws DomainError `no-subjects` */
  async ask(kind: OperationKind, subject: string, { id: caller }: Caller): Promise<PrivacyOperation> {
    if (this.models.all.length === 0)
      throw new DomainError(
        'no-subjects',
        'No resource of this service has a @Subject(): it knows nothing of anybody.',
      );
    const operation = await this.operations.begin(kind, subject, caller);
    this.logger.log({ msg: `Privacy: ${kind} was asked for`, operation: operation.id, caller });
    this.work.wake();
    return viewOf(operation);
  }

  /** @throws DomainError `not-found` */
  async find(id: string): Promise<PrivacyOperation> {
    return viewOf(await this.operation(id));
  }

  /**
   * All that there is of the subject, as lines of NDJSON, read as they are sent.
   * @param isHead nothing is sent, and nothing is taken
   * @throws DomainError `not-found`, `result-not-ready`, `result-gone` for what was fetched or left too long
   */
  async result(id: string, isHead: boolean): Promise<Iterable<string> | AsyncIterable<string>> {
    const { kind, state } = await this.operation(id);
    if (kind !== 'export') throw new DomainError('result-not-ready', 'Only an export has a result to be fetched.');
    if (state === 'queued' || state === 'running')
      throw new DomainError('result-not-ready', `The export is ${state} still.`);
    if (state === 'failed') throw new DomainError('result-not-ready', 'The export has failed: ask for another one.');
    if (isHead && state === 'done') return [];
    const subject = await this.operations.take(id);
    if (subject === undefined)
      throw new DomainError('result-gone', 'The result was fetched, or is too old: ask for another one.');
    return this.exports.lines(subject);
  }

  private async operation(id: string): Promise<OperationEntity> {
    const found = isId(id) ? await this.operations.find(id) : undefined;
    if (!found) throw new DomainError('not-found', 'There is no operation with this id.');
    return found;
  }
}

function viewOf({ counts, subject: _, token: __, asked_by: ___, ...operation }: OperationEntity): PrivacyOperation {
  return { ...operation, counts: new Counts(counts).list };
}
