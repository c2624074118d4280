import { BodyRules, pointerTo } from '../../fields/body-rules.js';
import { checkBody } from '../../fields/body.pipe.js';
import { Field } from '../../fields/field.decorator.js';
import type { OwnParameters } from '../../fields/own-parameters.js';
import { DomainError } from '../../problems/domain-error.js';

/** A list's parameters in a body, as JSON has them: `POST /api/{module}:search`. */
export class SearchBody {
  @Field({ type: 'text', nullable: true, description: 'A condition on the rows, as the `filter` of the list.' })
  filter!: string | null;

  @Field({
    type: 'list',
    items: { type: 'string' },
    nullable: true,
    description: 'At most three fields, `-` before one for descending order.',
    example: ['-created_at'],
  })
  sort!: string[] | null;

  @Field({
    type: 'list',
    items: { type: 'string' },
    nullable: true,
    description: 'The members to send; `id` is always there.',
  })
  fields!: string[] | null;

  @Field({ type: 'integer', minimum: 1, nullable: true, description: 'Rows on a page: 50 without it, 200 at most.' })
  limit!: number | null;

  @Field({ type: 'boolean', nullable: true, description: 'Count the rows that match. Not with a stream.' })
  count!: boolean | null;

  @Field({ type: 'boolean', nullable: true, description: 'Soft-deleted rows too.' })
  include_deleted!: boolean | null;

  @Field({
    type: 'text',
    nullable: true,
    description: 'Where the page begins: `page.next_cursor` of the one before, in the same body but for `limit`.',
  })
  cursor!: string | null;
}

const RULES = new BodyRules(SearchBody);

/**
 * Reads a body as the query string that says the same.
 * @param own parameters of the list's own, which the body has beside the usual ones
 * @throws DomainError `validation-failed` for members that are of another type
 */
export function queryOf(body: unknown, own: OwnParameters | undefined): Readonly<Record<string, unknown>> {
  const isOwn = ([name]: [string, unknown]) => own?.has(name) ?? false;
  const entries = Object.entries(Object(body) as object);
  const usual = own ? Object.fromEntries(entries.filter((entry) => !isOwn(entry))) : body;
  checkBody(RULES, usual);
  const given = [...Object.entries(usual), ...entries.filter(isOwn)].filter(([, value]) => value !== null);
  return Object.fromEntries(given.map(([name, value]) => [name, textOf(name, value)]));
}

/** As a query string has it, where a parameter may be there several times. */
function textOf(name: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map(String);
  if (typeof value === 'string') return value;
  if (typeof value !== 'object') return JSON.stringify(value);
  const detail = `"${name}" must be a text, a number, true, false or a list of such.`;
  throw new DomainError('validation-failed', detail, {
    errors: [{ code: 'wrong-type', detail, pointer: pointerTo(name) }],
  });
}

/** Runs checks of a query that came in a body: its faults name members, and no parameters. @throws what they throw */
export function aboutBody<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const errors = error.errors.map(({ parameter, ...item }) =>
      parameter === undefined ? item : { ...item, pointer: `#/${parameter}` },
    );
    throw new DomainError(error.code, error.detail, { errors });
  }
}
