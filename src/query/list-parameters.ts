import { DomainError, type ProblemItem } from '../problems/domain-error.js';

export const LIST_PARAMETERS = ['limit', 'cursor', 'sort', 'fields', 'count', 'include_deleted', 'filter'] as const;
export type ListParameter = (typeof LIST_PARAMETERS)[number];

/** `fields=a&fields=b`, as OpenAPI's default style sends an array, is `fields=a,b`. */
export function joined(value: unknown): unknown {
  return Array.isArray(value) ? value.join() : value;
}

export function badParameter(parameter: string, code: string, detail: string): DomainError {
  return new DomainError('invalid-parameter', detail, { errors: [{ code, detail, parameter }] });
}

/** Collects what is wrong, so that a caller hears of it all at once. */
export class ParameterReader {
  private readonly faults: DomainError[] = [];
  private readonly known: readonly string[];

  constructor(
    private readonly raw: Readonly<Record<string, unknown>>,
    without: readonly ListParameter[],
  ) {
    this.known = LIST_PARAMETERS.filter((name) => !without.includes(name));
  }

  isBad(name: ListParameter): boolean {
    return this.faults.some(({ errors }) => errors.some(({ parameter }) => parameter === name));
  }

  refuseUnknown(): void {
    for (const name of Object.keys(this.raw)) {
      if (this.known.includes(name)) continue;
      const parameter = name.slice(0, 64).toWellFormed();
      const detail = `There is no parameter "${parameter}" here.`;
      this.faults.push(
        new DomainError('unknown-parameter', detail, { errors: [{ code: 'unknown-parameter', detail, parameter }] }),
      );
    }
  }

  read<T>(name: ListParameter, parse: (value: string) => T): T | undefined {
    const value = name === 'fields' || name === 'sort' ? joined(this.raw[name]) : this.raw[name];
    if (value === undefined) return undefined;
    return this.attempt(() => {
      if (typeof value !== 'string') throw badParameter(name, 'repeated', `"${name}" must be given once.`);
      return parse(value);
    });
  }

  /** Keeps what a check throws. */
  attempt<T>(check: () => T): T | undefined {
    try {
      return check();
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      this.faults.push(error);
      return undefined;
    }
  }

  finish(): void {
    const [first, ...others] = this.faults;
    if (!first) return;
    if (others.length === 0) throw first;
    const errors: ProblemItem[] = this.faults.flatMap((fault) => [...fault.errors]);
    const code = this.faults.every((fault) => fault.code === first.code) ? first.code : 'invalid-parameter';
    throw new DomainError(code, `${errors.length} parameters are not valid.`, { errors });
  }
}
