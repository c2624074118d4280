import { subjectOf } from '../fields/subject.decorator.js';
import type { Field } from '../fields/field.js';
import type { CrudModel } from '../crud/crud.model.js';

/** The contents of a table of the kernel: for whom they are kept, and how long. */
export interface KeptTable {
  readonly table: string;
  readonly purpose: string;
  readonly personal: string;
  readonly kept: string;
}

/** Every table of the kernel; a test compares them with the schema. */
export const KEPT_TABLES: readonly KeptTable[] = [
  {
    table: 'change_log',
    purpose: 'History, audit, watching, consumers: each change of a row, with the row before and after.',
    personal: "The rows' values; who has made the change (the caller's id).",
    kept: '`CHANGES_AUDIT_DAYS`, of a purged row without its values',
  },
  {
    table: 'change_feed',
    purpose: "Where each resource's feed begins and ends.",
    personal: 'None.',
    kept: 'as long as the resource',
  },
  {
    table: 'idempotency_key',
    purpose: 'Retries: the answer to a write that had an `Idempotency-Key`.',
    personal: 'The values in that answer; digests of the caller, the key and the request.',
    kept: '24 hours',
  },
  {
    table: 'api_key',
    purpose: 'Access: keys, of which only digests are kept.',
    personal: 'What a name or a claim says of somebody; who has made the key.',
    kept: 'for ever, revoked ones too',
  },
  {
    table: 'rate_limit',
    purpose: 'Limits that processes share: counts of a minute, or of a day.',
    personal: 'Digests of callers and addresses.',
    kept: 'minutes; a day of what was stored',
  },
  {
    table: 'plinth_consumer',
    purpose: 'Positions of consumers of changes.',
    personal: 'None.',
    kept: 'as long as the consumer',
  },
  {
    table: 'plinth_set_aside',
    purpose: 'Changes that a consumer could not handle, with its error.',
    personal: "What the consumer's own error says; values of the change are taken out of it.",
    kept: 'until somebody has it tried again or left out',
  },
  {
    table: 'plinth_job',
    purpose: 'Times of scheduled jobs, and the last error of each.',
    personal: "What the job's own error says.",
    kept: 'until its next run',
  },
  {
    table: 'plinth_privacy',
    purpose: "Exports and erasures of a person's data.",
    personal: 'The subject, until the operation has ended and its result was fetched; who has asked for it.',
    kept: 'the operation for ever, without its subject',
  },
  {
    table: 'plinth_erasure',
    purpose: 'The ledger: rows that were erased, so that a restored backup can be erased again.',
    personal: 'Ids of rows.',
    kept: 'for ever',
  },
];

/** The record of what is kept of persons (GDPR art. 30), as tables in Markdown. */
export interface ProcessingRecord {
  readonly resources: string;
  readonly kernel: string;
  /** Whether a resource is about somebody. */
  readonly isNeeded: boolean;
}

/** @param tables those of the kernel */
export function recordOfProcessing(models: readonly CrudModel[], tables: readonly string[]): ProcessingRecord {
  const about = models.filter(({ resource }) => subjectOf(resource) !== undefined);
  return { resources: resourceTable(about), kernel: kernelTable(tables), isNeeded: about.length > 0 };
}

function resourceTable(about: readonly CrudModel[]): string {
  if (about.length === 0) return 'No resource of this service has personal fields.';
  const rows = about.map((model) => [
    `\`${model.name}\``,
    model.purpose ?? 'not said: `purpose` of the service',
    subjectText(model),
    model.fields.all
      .filter(({ personal }) => personal)
      .map(fieldText)
      .join(', ') || 'none but the row itself',
    keptText(model),
  ]);
  return table(
    ['resource', 'for what', 'about whom', 'personal fields, and how they are erased', 'deleted rows'],
    rows,
  );
}

function kernelTable(tables: readonly string[]): string {
  const rows = KEPT_TABLES.filter((one) => tables.includes(one.table)).map(
    ({ table: name, purpose, personal, kept }) => [`\`${name}\``, purpose, personal, kept],
  );
  return table(['table', 'for what', 'of persons', 'kept'], rows);
}

function subjectText({ resource, fields }: CrudModel): string {
  const subject = subjectOf(resource)!;
  if (subject === 'id') return 'each row is a person';
  const { type, options } = fields.find(subject)!;
  return type === 'reference' ? `\`${subject}\`, a ${options.to!().name}` : `\`${subject}\``;
}

function fieldText({ name, type, erase }: Field): string {
  return `\`${name}\` (${type}${erase === undefined ? ', follows others' : erase === 'row' ? ', with the row' : `, ${erase}`})`;
}

function keptText({ retentionDays }: CrudModel): string {
  if (retentionDays === undefined) return '`RETENTION_DELETED_DAYS`';
  return retentionDays === 0 ? 'until they are purged by hand' : `${retentionDays} days`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
