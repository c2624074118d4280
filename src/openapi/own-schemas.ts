import type { Type } from '@nestjs/common';
import type { OpenAPIV3_1 } from 'openapi-types';
import { itemOf, type AnswerType } from '../crud/endpoints/own-answer.js';
import { BodyRules } from '../fields/body-rules.js';
import { declaredFields } from '../fields/field.decorator.js';
import { memberSchema, reference } from './schemas.js';

type Schema = OpenAPIV3_1.SchemaObject;

/** The classes of modules' own bodies and answers, as `components.schemas` by their names. */
export class OwnSchemas {
  readonly all: Record<string, Schema> = {};
  private readonly names = new Map<string, object>();

  /** @param taken names of other schemas */
  constructor(private readonly taken: ReadonlySet<string>) {}

  requestBody(body: Type<unknown>): OpenAPIV3_1.RequestBodyObject {
    return { required: true, content: { 'application/json': { schema: this.bodyOf(body) } } };
  }

  answerOf(answer: AnswerType): Schema {
    const item = itemOf(answer);
    const fields = declaredFields(item).filter(({ readable }) => readable !== false);
    const one = this.add(item, 'Answer', {
      type: 'object',
      properties: Object.fromEntries(fields.map((field) => [field.name, memberSchema(field)])),
      required: fields.filter(({ readable }) => readable === true).map(({ name }) => name),
      additionalProperties: false,
    });
    return Array.isArray(answer) ? { type: 'array', items: one } : one;
  }

  private bodyOf(body: Type<unknown>): OpenAPIV3_1.ReferenceObject {
    const fields = new Map(declaredFields(body).map((field) => [field.name, field]));
    const properties = new BodyRules(body).names.map((name) => {
      const field = fields.get(name);
      return [name, field ? memberSchema(field) : {}];
    });
    const required = [...fields.values()].filter((field) => field.required).map(({ name }) => name);
    return this.add(body, 'Body', {
      type: 'object',
      properties: Object.fromEntries(properties) as Record<string, Schema>,
      ...(required.length > 0 && { required }),
      additionalProperties: false,
    });
  }

  /** Two classes may have one name, and one class may be a body here and an answer there. */
  private add(of: object, use: string, schema: Schema): OpenAPIV3_1.ReferenceObject {
    const plain = (of as { readonly name: string }).name;
    const key = (name: string) => this.names.get(name);
    for (let n = 0; ; n++) {
      const name = n === 0 ? plain : `${plain}${use}${n === 1 ? '' : n}`;
      if (this.taken.has(name)) continue;
      const same = key(name) === of && JSON.stringify(this.all[name]) === JSON.stringify(schema);
      if (key(name) && !same) continue;
      this.names.set(name, of);
      this.all[name] = schema;
      return reference(name);
    }
  }
}
