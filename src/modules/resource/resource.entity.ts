import { Entity, Index } from 'typeorm';
import { CrudEntity } from '../../crud/crud.entity.js';
import { TextColumn } from '../../database/columns.js';

@Entity('resource', { withoutRowid: true })
@Index('ix_resource_created_at', ['created_at', 'id'])
@Index('ix_resource_updated_at', ['updated_at', 'id'])
@Index('ix_resource_deleted_at', ['deleted_at', 'id'])
@Index('ix_resource_name', ['name', 'id'])
export class ResourceEntity extends CrudEntity {
  @TextColumn({ length: 255 })
  name!: string;
}
