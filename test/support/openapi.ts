import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import type { OpenAPIV3_1 } from 'openapi-types';

export type Schema = OpenAPIV3_1.SchemaObject & { const?: unknown; items?: Schema };
interface Reference {
  $ref: string;
}

export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly OpenAPIV3_1.ParameterObject[];
  readonly body: Readonly<Record<string, Schema>>;
  readonly responses: Readonly<Record<string, OpenAPIV3_1.ResponseObject>>;
}

/** The document as a client reads it: operations with every reference followed, schemas to judge and to draw values by. */
export class Contract {
  readonly operations: readonly Operation[];
  private readonly ajv = addFormats.default(new Ajv2020.default({ strict: false, allErrors: true }));
  private readonly validators = new Map<object, ValidateFunction>();

  constructor(private readonly document: OpenAPIV3_1.Document) {
    this.ajv.addSchema({ ...document, $id: 'openapi' });
    this.operations = Object.entries(document.paths!).flatMap(([path, item]) =>
      Object.entries(item as Record<string, OpenAPIV3_1.OperationObject>).map(([method, operation]) =>
        this.read(method, path, operation),
      ),
    );
  }

  follow<T extends object>(value: T | Reference): T {
    if (!('$ref' in value) || typeof value.$ref !== 'string') return value as T;
    const { $ref, ...own } = value;
    const target = $ref
      .slice(2)
      .split('/')
      .reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], this.document);
    return { ...this.follow(target as T), ...own };
  }

  /** The fault of the value; null if there is none. */
  fault(schema: Schema, value: unknown): string | null {
    let validate = this.validators.get(schema);
    if (!validate) this.validators.set(schema, (validate = this.ajv.compile(this.absolute(schema) as object)));
    return validate(value) ? null : this.ajv.errorsText(validate.errors);
  }

  /** Values that a schema allows. */
  valid(given: Schema | Reference): fc.Arbitrary<unknown> {
    const schema = this.follow(given);
    if (schema.const !== undefined) return fc.constant(schema.const);
    if (schema.enum) return fc.constantFrom(...(schema.enum as unknown[]));
    if (schema.oneOf) return fc.oneof(...schema.oneOf.map((one) => this.valid(one as Schema)));
    const types = [schema.type].flat();
    return fc.oneof(...types.map((type) => this.ofType(type!, schema)));
  }

  private ofType(type: string, schema: Schema): fc.Arbitrary<unknown> {
    const { minimum = -1e9, maximum = 1e9, minItems = 0, maxItems = 5, uniqueItems } = schema as Record<string, never>;
    switch (type) {
      case 'null':
        return fc.constant(null);
      case 'boolean':
        return fc.boolean();
      case 'integer':
        return fc.integer({ min: minimum, max: Math.min(maximum, 2 ** 31 - 1) });
      case 'number':
        return fc.double({ min: minimum, max: maximum, noNaN: true });
      case 'array': {
        const limits = { minLength: minItems, maxLength: Math.min(maxItems, 5) };
        const items = this.valid(schema.items!);
        return uniqueItems ? fc.uniqueArray(items, limits) : fc.array(items, limits);
      }
      case 'object':
        return this.object(schema);
      default:
        return text(schema);
    }
  }

  private object({ properties = {}, required = [] }: Schema): fc.Arbitrary<unknown> {
    const members = Object.entries(properties).filter(([, member]) => !(member as Schema).readOnly);
    const record = Object.fromEntries(members.map(([name, member]) => [name, this.valid(member as Schema)]));
    return fc.record(record, { requiredKeys: required.filter((name) => name in record) as never[] });
  }

  private read(method: string, path: string, operation: OpenAPIV3_1.OperationObject): Operation {
    const body = operation.requestBody ? this.follow<OpenAPIV3_1.RequestBodyObject>(operation.requestBody).content : {};
    const responses = Object.entries(operation.responses!).map(([status, one]) => [
      status,
      this.follow<OpenAPIV3_1.ResponseObject>(one as OpenAPIV3_1.ResponseObject),
    ]);
    return {
      method,
      path,
      parameters: operation.parameters!.map((one) => this.follow<OpenAPIV3_1.ParameterObject>(one as never)),
      body: Object.fromEntries(Object.entries(body).map(([type, { schema }]) => [type, schema as Schema])),
      responses: Object.fromEntries(responses) as Operation['responses'],
    };
  }

  private absolute(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((one) => this.absolute(one));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => [
        name,
        name === '$ref' ? `openapi${one as string}` : this.absolute(one),
      ]),
    );
  }
}

function text({ format, pattern, minLength = 0, maxLength = 1_000 }: Schema): fc.Arbitrary<string> {
  if (format === 'date-time') {
    const range = { min: new Date(Date.UTC(1971, 0, 2)), max: new Date(Date.UTC(2037, 11, 30)), noInvalidDate: true };
    return fc.date(range).map((date) => date.toISOString());
  }
  if (pattern !== undefined)
    return fc.stringMatching(new RegExp(pattern)).filter(({ length }) => length >= minLength && length <= maxLength);
  return fc
    .string({ unit: 'grapheme', minLength, maxLength: Math.min(maxLength, 40) })
    .map((value) => Array.from(value.replaceAll('\0', '0')).slice(0, maxLength).join(''));
}
