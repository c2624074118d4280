import type { Type } from '@nestjs/common';
import { getMetadataStorage, type ValidationArguments } from 'class-validator';
import type { ProblemItem } from '../domain-error.js';

type Metadata = ReturnType<ReturnType<typeof getMetadataStorage>['getTargetValidationMetadatas']>[number];
/** A check of one member: null when it is good. */
type Check = (value: unknown, body: object) => { code: string; detail: string } | null;

interface Member {
  readonly name: string;
  readonly pointer: string;
  /** Class-validator's conditions (IsOptional, ValidateIf): unless all hold, the member is not looked at. */
  readonly conditions: readonly ((body: object, value: unknown) => boolean)[];
  readonly checks: readonly Check[];
}

/** On a body class: names that the representation shows, so that sending one is told apart from a misspelling. */
export const READ_ONLY = Symbol('plinth:read-only');

/**
 * The class-validator rules of a DTO class, compiled once to direct calls: class-validator itself looks its metadata up
 * on every validation, which was measured at some 37 µs a body. Members without a rule are unknown.
 * Synchronous rules of flat bodies only; anything else is refused at start, not skipped.
 */
export class BodyRules {
  private readonly members: readonly Member[];
  private readonly known: ReadonlySet<string>;

  private readonly readOnly: ReadonlySet<string>;

  constructor(readonly dto: Type<unknown>) {
    this.readOnly = (dto as { [READ_ONLY]?: ReadonlySet<string> })[READ_ONLY] ?? new Set();
    const byMember = Map.groupBy(
      getMetadataStorage().getTargetValidationMetadatas(dto, '', false, false),
      (metadata) => metadata.propertyName,
    );
    this.members = [...byMember].map(([name, metadata]) => compileMember(dto, name, metadata));
    this.known = new Set(byMember.keys());
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
      if (!member.conditions.every((holds) => holds(body, value))) continue;
      if (value === undefined) {
        errors.push({ code: 'required', detail: `"${member.name}" is required.`, pointer: member.pointer });
        continue;
      }
      for (const check of member.checks) {
        const violation = check(value, body);
        if (!violation) continue;
        errors.push({ code: violation.code, detail: `"${member.name}" ${violation.detail}.`, pointer: member.pointer });
        break;
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

function compileMember(dto: Type<unknown>, name: string, metadata: Metadata[]): Member {
  const conditions: Member['conditions'][number][] = [];
  const checks: Check[] = [];
  for (const rule of metadata) {
    if (rule.type === 'conditionalValidation') conditions.push(rule.constraints[0] as Member['conditions'][number]);
    else if (rule.type === 'customValidation') checks.push(compileCheck(dto, name, rule));
    else if (rule.type !== 'whitelistValidation') {
      throw new TypeError(`${dto.name}.${name}: rules of the kind "${rule.type}" are not supported in a body`);
    }
  }
  return { name, pointer: pointerTo(name), conditions, checks };
}

function compileCheck(dto: Type<unknown>, property: string, rule: Metadata): Check {
  const declared = (rule.context as { violation?: (value: unknown) => ReturnType<Check> } | undefined)?.violation;
  if (declared) return declared;
  const [constraint] = getMetadataStorage().getTargetValidatorConstraints(rule.constraintCls);
  if (!constraint || constraint.async)
    throw new TypeError(`${dto.name}.${property}: asynchronous rules belong in the service`);
  const constraints = (rule.constraints ?? []) as unknown[];
  return (value, body) => {
    const args: ValidationArguments = { value, constraints, targetName: dto.name, object: body, property };
    const values = rule.each && Array.isArray(value) ? (value as unknown[]) : [value];
    if (values.every((one) => constraint.instance.validate(one, args) === true)) return null;
    const message = rule.message ?? constraint.instance.defaultMessage?.(args) ?? 'is not valid';
    const text = typeof message === 'function' ? message(args) : message;
    const detail = text
      .replaceAll(/\$constraint(\d)/g, (_match, index: string) => String(constraints[Number(index) - 1]))
      .replace(/^\$property /, '')
      .replaceAll('$property', property);
    return { code: rule.name ?? 'not-valid', detail };
  };
}
