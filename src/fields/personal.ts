import { fieldOf } from './field.decorator.js';
import type { Field } from './field.js';
import { subjectOf } from './subject.decorator.js';

type Declared = abstract new () => unknown;

/**
 * The fields, with those personal that follow from others: the subject's own, and what is worked out from personal ones. A
 * reference tells only an id, which addresses and logs have.
 */
export function withPersonal(type: Declared, fields: readonly Field[]): Field[] {
  const subject = subjectOf(type);
  const isSubject = ({ name, type: kind }: Field) => name === subject && name !== 'id' && kind !== 'reference';
  const personal = new Set(fields.filter((field) => field.personal || isSubject(field)).map(({ name }) => name));
  return fields.map((field) => {
    if (field.personal || !(personal.has(field.name) || field.columns.some((column) => personal.has(column))))
      return field;
    return fieldOf(field.name, { ...field.options, personal: true }, type.name);
  });
}

/** @throws TypeError for a resource whose personal data are about nobody, or about whom no index could find */
export function checkSubject(type: Declared, fields: readonly Field[]): void {
  const subject = subjectOf(type);
  const personal = fields.filter((field) => field.personal).map(({ name }) => name);
  if (subject === undefined) {
    if (personal.length === 0) return;
    const are = personal.length === 1 ? 'is personal' : 'are personal';
    throw new TypeError(
      `${type.name} says not whom its data are about, and ${personal.join(', ')} ${are}: put @Subject() on the member that names the person, or on the class where each row is a person.`,
    );
  }
  const field = fields.find(({ name }) => name === subject);
  const why = field ? refuse(field) : 'is no field: give it @Field()';
  if (why) throw new TypeError(`${type.name}.${subject} can't be the subject: it ${why}.`);
}

function refuse({ type, options, sortable, filterable }: Field): string | undefined {
  if (options.derived) return 'is derived, and rows are found by a column: put @Subject() on that';
  if (type !== 'string' && type !== 'reference') return `has the type ${type}: make it a string or a reference`;
  const isIndexed = options.unique === true || sortable || filterable.includes('eq') || filterable.includes('in');
  return isIndexed ? undefined : "has no index to find a person's rows by: make it filterable, sortable or unique";
}
