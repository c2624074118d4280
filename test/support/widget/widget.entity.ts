import { Entity } from 'typeorm';
import { CrudEntity } from '../../../src/rows/crud.entity.js';
import { Field } from '../../../src/fields/field.decorator.js';

/** A resource with fields of every habit: unique, nullable, with a default, seen by few. */
@Entity('widget')
export class Widget extends CrudEntity {
  @Field({
    type: 'string',
    minLength: 1,
    maxLength: 40,
    unique: true,
    filterable: true,
    sortable: true,
    writable: true,
  })
  code!: string;

  @Field({ type: 'string', nullable: true, maxLength: 40, filterable: true, sortable: true, writable: true })
  colour!: string | null;

  @Field({
    type: 'integer',
    nullable: true,
    minimum: 0,
    maximum: 1_000_000,
    filterable: true,
    sortable: true,
    writable: true,
  })
  weight!: number | null;

  @Field({ type: 'boolean', default: false, writable: true })
  fragile!: boolean;

  @Field({ type: 'timestamp', nullable: true, filterable: ['gt', 'lt', 'eq'], sortable: true, writable: true })
  due_at!: string | null;

  @Field({
    type: 'string',
    nullable: true,
    maxLength: 100,
    readable: 'widget:secret',
    filterable: ['ne'],
    writable: true,
  })
  secret!: string | null;
}
