import { Field } from '../fields/field.decorator.js';

export class SubjectDto {
  @Field({
    type: 'string',
    minLength: 1,
    maxLength: 255,
    description: 'What the members with `@Subject()` have: an id, or a name of yours.',
    example: '0199f0a4-6e1c-7cc3-b0b5-4f1d4c2f9a11',
  })
  subject!: string;
}

export class EraseParameters {
  @Field({ type: 'boolean', default: false, description: 'Counts what would be erased, and changes nothing.' })
  dry_run!: boolean;
}

/** How an operation is. Nothing of it tells whom it is about. */
export class PrivacyOperation {
  @Field({ type: 'string' })
  id!: string;

  @Field({ type: 'enum', words: ['export', 'erase', 'dry-run'] })
  kind!: string;

  @Field({
    type: 'enum',
    words: ['queued', 'running', 'done', 'failed', 'gone'],
    description: '`gone`: an export that was fetched, was left for an hour, or whose subject was erased.',
  })
  state!: string;

  @Field({ type: 'string', nullable: true, description: 'The module that is under way.' })
  module!: string | null;

  @Field({ type: 'integer', description: 'Rows that it has found so far.' })
  rows!: number;

  @Field({
    type: 'json',
    schema: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          module: { type: 'string' },
          store: { type: 'string', enum: ['rows', 'changes', 'answers', 'errors', 'keys', 'actors'] },
          count: { type: 'integer' },
        },
        required: ['module', 'store', 'count'],
        additionalProperties: false,
      },
    },
    description: 'How much was found, by module and by where it is; empty where there was nothing.',
  })
  counts!: object[];

  @Field({ type: 'string', nullable: true, description: 'The code of what failed; ask for it again.' })
  error!: string | null;

  @Field({ type: 'timestamp' })
  created_at!: string;

  @Field({ type: 'timestamp', nullable: true })
  began_at!: string | null;

  @Field({ type: 'timestamp', nullable: true })
  ended_at!: string | null;
}
