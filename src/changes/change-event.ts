import type { CrudEntity } from '../rows/crud.entity.js';
import type { CrudModel } from '../crud/crud.model.js';
import type { Field } from '../fields/field.js';
import type { Condition } from '../query/condition.js';
import { matches } from '../query/condition.matches.js';
import type { ChangeEntity, ChangeOp } from '../rows/change.entity.js';
import { formatPosition } from './position.js';

/** A change as watchers are told of it, decoded once for all of them. */
export class ChangeEvent {
  private readonly before: CrudEntity | null;
  private readonly after: CrudEntity;
  private text: string | undefined;

  constructor(
    private readonly change: ChangeEntity,
    private readonly model: CrudModel,
    private readonly epoch: string,
  ) {
    this.before = change.before === null ? null : (JSON.parse(change.before) as CrudEntity);
    this.after = JSON.parse(change.after) as CrudEntity;
  }

  /** As watchers are told of it: an erased row that is gone is deleted. */
  get op(): ChangeOp {
    return this.change.op === 'erased' && this.before !== null ? 'deleted' : this.change.op;
  }

  /** When it was written, in milliseconds since 1970. */
  get at(): number {
    return Date.parse(`${this.change.at.replace(' ', 'T')}Z`);
  }

  get seq(): number {
    return this.change.seq!;
  }

  /** The frame for callers who see all fields and gave no filter: made once, whoever reads it. */
  forEverybody(fields: readonly Field[]): string {
    return (this.text ??= this.frame(this.op, fields));
  }

  /**
   * With a filter: a row that leaves it is `deleted`, one that enters it `created`; null where it is in neither. Of an erased row
   * nobody knows any more whether it was in it: all are told who may see the row.
   * @param visibility the part of the filter that is the caller's row rule
   */
  filtered(filter: Condition, fields: readonly Field[], visibility: Condition | undefined): string | null {
    const { op } = this.change;
    if (op === 'erased')
      return !visibility || this.matches(visibility, this.after) ? this.frame(this.op, fields) : null;
    const was = this.before !== null && op !== 'created' && op !== 'restored' && this.matches(filter, this.before);
    const is = op !== 'deleted' && this.matches(filter, this.after);
    if (!was && !is) return null;
    if (was && is) return this.frame(op, fields);
    return this.frame(is ? (op === 'restored' ? 'restored' : 'created') : 'deleted', fields);
  }

  frame(op: ChangeOp, fields: readonly Field[]): string {
    const position = formatPosition(this.epoch, this.seq);
    const { module, resource_id: subject, at, trace_id: traceId } = this.change;
    // CloudEvents 1.0, JSON format; a deleted row's data is what it was.
    const event = {
      specversion: '1.0',
      id: position,
      source: `/api/${module}`,
      type: `${module}.${op}`,
      subject,
      time: at,
      datacontenttype: 'application/json',
      traceid: traceId,
      data: this.model.project(op === 'deleted' && this.before ? this.before : this.after, fields),
    };
    return `id: ${position}\nevent: ${op}\ndata: ${JSON.stringify(event)}\n\n`;
  }

  private matches(filter: Condition, row: CrudEntity): boolean {
    return matches(filter, row as unknown as Record<string, unknown>);
  }
}
