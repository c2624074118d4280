import type { Type } from '@nestjs/common';
import { getMetadataStorage, type ValidationArguments } from 'class-validator';
import type { ProblemItem } from '../problems/domain-error.js';
import { declaredFields } from './field.decorator.js';
import type { Field } from './field.js';
import { NO_VIOLATION, wrong, type Violation } from './types/field-type.js';

type Metadata = ReturnType<ReturnType<typeof getMetadataStorage>['getTargetValidationMetadatas']>[number];
/** A check of one member. */
type MemberCheck = (value: unknown, body: object) => readonly Violation[];
type Condition = (body: object, value: unknown) => boolean;

interface Member {
  readonly name: string;
  readonly pointer: string;
  readonly violations: MemberCheck;
}

export interface BodySelection {
  /** The members that a body may have; all that are declared, where nothing is said. */
  readonly members?: readonly string[];
  /** Names that the representation shows, so that sending one is told apart from a misspelling. */
  readonly readOnly?: readonly string[];
}

/**
 * The rules of a body: those of `@Field()`, and class-validator's beside it, compiled once to direct calls. class-validator
 * itself looks its metadata up on every validation, which was measured at some 37 µs a body. Members without a rule are
 * unknown. Synchronous rules of flat bodies only; anything else is refused at start, not skipped.
 */
export class BodyRules {
  private readonly members: readonly Member[];
  private readonly known: ReadonlySet<string>;
  private readonly readOnly: ReadonlySet<string>;

  constructor(
    readonly type: Type<unknown>,
    { members, readOnly = [] }: BodySelection = {},
  ) {
    this.readOnly = new Set(readOnly);
    const fields = new Map(declaredFields(type).map((field) => [field.name, field]));
    const others = Map.groupBy(
      getMetadataStorage().getTargetValidationMetadatas(type, '', false, false),
      ({ propertyName }) => propertyName,
    );
    const names = members ?? [...new Set([...fields.keys(), ...others.keys()])];
    this.members = names.map((name) => compileMember(type, name, fields.get(name), others.get(name) ?? []));
    this.known = new Set(names);
  }

  get names(): readonly string[] {
    return this.members.map(({ name }) => name);
  }

  get isEmpty(): boolean {
    return this.known.size === 0;
  }

  /**
   * Everything that is wrong with a parsed JSON body, in one list.
   * @param only look at these members alone: the ones that a patch names
   */
  violations(body: object, only?: readonly string[]): ProblemItem[] {
    const errors: ProblemItem[] = [];
    for (const name of only ?? Object.keys(body)) {
      if (!this.known.has(name)) errors.push(this.refused(name));
    }
    for (const member of this.members) {
      if (only && !only.includes(member.name)) continue;
      const value = (body as Record<string, unknown>)[member.name];
      for (const { code, detail, at = '' } of member.violations(value, body)) {
        const pointer = at === '' ? member.pointer : `${member.pointer}${encodePointer(at)}`;
        errors.push({ code, detail: `"${member.name}${at}" ${detail}.`, pointer });
      }
    }
    return errors;
  }

  private refused(name: string): ProblemItem {
    if (!this.readOnly.has(name)) return unknownMember(name);
    return { code: 'read-only', detail: `"${name}" can't be written.`, pointer: pointerTo(name) };
  }
}

export function unknownMember(name: string): ProblemItem {
  const shown = name.length > 64 ? `${name.slice(0, 64)}…` : name;
  return { code: 'unknown-member', detail: `There is no member "${shown}".`, pointer: pointerTo(name) };
}

/** RFC 6901 in its URI fragment form. */
export function pointerTo(name: string): string {
  return `#/${encodeURIComponent(name.toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1'))}`;
}

/** A JSON pointer as a part of a URI fragment (RFC 6901 section 6). */
function encodePointer(pointer: string): string {
  return pointer.split('/').map(encodeURIComponent).join('/');
}

function compileMember(type: Type<unknown>, name: string, field: Field | undefined, others: Metadata[]): Member {
  // class-validator's conditions (IsOptional, ValidateIf): unless all hold, its checks are not made.
  const conditions: Condition[] = [];
  const checks: MemberCheck[] = [];
  for (const rule of others) {
    if (rule.type === 'conditionalValidation') conditions.push(rule.constraints[0] as Condition);
    else if (rule.type === 'customValidation') checks.push(compileCheck(type, name, rule));
    else if (rule.type !== 'whitelistValidation') {
      throw new TypeError(`${type.name}.${name}: rules of the kind "${rule.type}" are not supported in a body`);
    }
  }
  const violations: MemberCheck = (value, body) => {
    if (field && value === undefined && !field.required) return NO_VIOLATION;
    if (field && value === null && field.nullable) return NO_VIOLATION;
    const areMade = conditions.every((holds) => holds(body, value));
    if (value === undefined) return areMade ? REQUIRED : NO_VIOLATION;
    const found = field?.check(value) ?? NO_VIOLATION;
    if (found.length > 0 || !areMade) return found;
    for (const check of checks) {
      const others = check(value, body);
      if (others.length > 0) return others;
    }
    return NO_VIOLATION;
  };
  return { name, pointer: pointerTo(name), violations };
}

const REQUIRED = wrong('required', 'is required');

function compileCheck(dto: Type<unknown>, property: string, rule: Metadata): MemberCheck {
  const [constraint] = getMetadataStorage().getTargetValidatorConstraints(rule.constraintCls);
  if (!constraint || constraint.async)
    throw new TypeError(`${dto.name}.${property}: asynchronous rules belong in the service`);
  const constraints = (rule.constraints ?? []) as unknown[];
  return (value, body) => {
    const args: ValidationArguments = { value, constraints, targetName: dto.name, object: body, property };
    const values = rule.each && Array.isArray(value) ? (value as unknown[]) : [value];
    if (values.every((one) => constraint.instance.validate(one, args) === true)) return NO_VIOLATION;
    const message = rule.message ?? constraint.instance.defaultMessage?.(args) ?? 'is not valid';
    const text = typeof message === 'function' ? message(args) : message;
    const detail = text
      .replaceAll(/\$constraint(\d)/g, (_match, index: string) => String(constraints[Number(index) - 1]))
      .replace(/^\$property /, '')
      .replaceAll('$property', property);
    return wrong(rule.name ?? 'not-valid', detail);
  };
}
