import type { FilterOperator } from '../fields/field.js';
import { ExactDecimal } from '../fields/types/exact-decimal.js';
import type { Literal } from '../fields/types/field-type.js';
import type { FilterNode, Predicate } from './filter.ast.js';
import { invalidFilter, tokenize, type Token } from './filter.tokens.js';

export const FILTER_LIMITS = { characters: 1_024, predicates: 20, depth: 5, values: 50 } as const;

const COMPARISONS: readonly string[] = ['eq', 'ne', 'gt', 'ge', 'lt', 'le'];
const FUNCTIONS: readonly string[] = ['contains', 'startswith', 'endswith'];

/**
 * Reads a filter by the contract's grammar:
 *
 *     or  := and {"or" and}        and := not {"and" not}        not := ["not"] prim
 *     prim := "(" or ")" | operand op literal | operand "in" "(" literal {"," literal} ")"
 *           | ("contains" | "startswith" | "endswith") "(" operand "," string ")"
 *     operand := field | "casei" "(" field ")"
 *
 * @throws DomainError `invalid-filter` with the position of what was not expected
 */
export function parseFilter(filter: string): FilterNode {
  // Counted only where it could be too long: a string has at least half as many code points as UTF-16 units.
  if (filter.length > FILTER_LIMITS.characters && [...filter].length > FILTER_LIMITS.characters) {
    throw invalidFilter(`A filter may have ${FILTER_LIMITS.characters} characters.`, FILTER_LIMITS.characters);
  }
  return new Parser(tokenize(filter)).parse();
}

type Operand = Pick<Predicate, 'field' | 'ignoresCase' | 'position'>;

class Parser {
  private at = 0;
  private depth = 0;
  private predicates = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  parse(): FilterNode {
    const node = this.or();
    const { kind, position } = this.token;
    if (kind !== 'end') throw invalidFilter('"and", "or" or the end was expected.', position);
    return node;
  }

  private or(): FilterNode {
    return this.chain('or', () => this.chain('and', () => this.not()));
  }

  private chain(kind: 'and' | 'or', next: () => FilterNode): FilterNode {
    const nodes = [next()];
    while (this.takeWord(kind)) nodes.push(next());
    return nodes.length === 1 ? nodes[0]! : { kind, nodes };
  }

  private not(): FilterNode {
    return this.takeWord('not') ? { kind: 'not', node: this.primary() } : this.primary();
  }

  private primary(): FilterNode {
    const { position } = this.token;
    if (this.take('(')) {
      if (++this.depth > FILTER_LIMITS.depth)
        throw invalidFilter(`Parentheses may be ${FILTER_LIMITS.depth} deep.`, position);
      const node = this.or();
      this.expect(')');
      this.depth--;
      return node;
    }
    if (++this.predicates > FILTER_LIMITS.predicates) {
      throw invalidFilter(`A filter may have ${FILTER_LIMITS.predicates} predicates.`, position);
    }
    const name = this.word('A field, "not", "contains", "startswith", "endswith", "casei" or "(" was expected.');
    if (FUNCTIONS.includes(name) && this.token.kind === '(') return this.call(name as FilterOperator);
    return this.comparison(this.operand(name, position));
  }

  private call(operator: FilterOperator): Predicate {
    this.expect('(');
    const { position } = this.token;
    const operand = this.operand(this.word('A field was expected.'), position);
    this.expect(',');
    const argument = this.token;
    if (argument.kind !== 'string') throw invalidFilter('A string in single quotes was expected.', argument.position);
    this.at++;
    this.expect(')');
    return { kind: 'predicate', ...operand, operator, values: [argument.text] };
  }

  private operand(name: string, position: number): Operand {
    if (name !== 'casei' || !this.take('(')) return { field: name, position };
    const inner = this.token.position;
    const field = this.word('A field was expected.');
    this.expect(')');
    return { field, ignoresCase: true, position: inner };
  }

  private comparison(operand: Operand): Predicate {
    const operatorAt = this.token.position;
    const operator = this.word('An operator was expected: eq, ne, gt, ge, lt, le or in.');
    if (operator === 'in') return { kind: 'predicate', ...operand, operator, values: this.list() };
    if (!COMPARISONS.includes(operator))
      throw invalidFilter('An operator was expected: eq, ne, gt, ge, lt, le or in.', operatorAt);
    return { kind: 'predicate', ...operand, operator: operator as FilterOperator, values: [this.literal()] };
  }

  private list(): (Literal | null)[] {
    this.expect('(');
    const values = [this.literal()];
    while (this.take(',')) {
      if (values.length === FILTER_LIMITS.values) {
        throw invalidFilter(`A list may have ${FILTER_LIMITS.values} values.`, this.token.position);
      }
      values.push(this.literal());
    }
    this.expect(')');
    return values;
  }

  private literal(): Literal | null {
    const { kind, text, position } = this.token;
    this.at++;
    if (kind === 'string') return text;
    if (kind === 'number') return ExactDecimal.parse(text);
    if (kind === 'word' && text in WORDS) return WORDS[text]!;
    throw invalidFilter("A value was expected: a 'string', a number, true, false or null.", position);
  }

  private get token(): Token {
    return this.tokens[Math.min(this.at, this.tokens.length - 1)]!;
  }

  private word(otherwise: string): string {
    const { kind, text, position } = this.token;
    if (kind !== 'word') throw invalidFilter(otherwise, position);
    this.at++;
    return text;
  }

  private takeWord(text: string): boolean {
    const found = this.token.kind === 'word' && this.token.text === text;
    if (found) this.at++;
    return found;
  }

  private take(mark: '(' | ')' | ','): boolean {
    const found = this.token.kind === mark;
    if (found) this.at++;
    return found;
  }

  private expect(mark: '(' | ')' | ','): void {
    if (!this.take(mark)) throw invalidFilter(`"${mark}" was expected.`, this.token.position);
  }
}

const WORDS: Readonly<Record<string, boolean | null>> = Object.freeze(
  Object.assign(Object.create(null) as Record<string, boolean | null>, { true: true, false: false, null: null }),
);
