import { CrudDto } from '../../../crud/dto/crud.dto.js';
import { Field } from '../../../crud/field.decorator.js';

export class ResourceDto extends CrudDto {
  @Field({
    type: 'string',
    minLength: 1,
    maxLength: 255,
    filterable: true,
    sortable: true,
    writable: true,
    description: 'What people call the resource. Need not be unique.',
    example: 'Reading room',
  })
  name!: string;
}
