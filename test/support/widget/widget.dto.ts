import { CreateOf, UpdateOf } from '../../../src/crud/dto/input.dto.js';
import { CrudDto } from '../../../src/crud/dto/crud.dto.js';
import { Field } from '../../../src/crud/field.decorator.js';

export class WidgetDto extends CrudDto {
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

export class CreateWidgetDto extends CreateOf(WidgetDto) {}
export class UpdateWidgetDto extends UpdateOf(WidgetDto) {}
