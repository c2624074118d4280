import { Entity } from 'typeorm';
import { CrudEntity, Field } from 'plinth';

@Entity('resource')
export class Resource extends CrudEntity {
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
