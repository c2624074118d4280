import { Column, Entity, Index, Unique } from 'typeorm';
import { CrudEntity } from '../../../src/crud/crud.entity.js';
import { TextColumn, TimestampColumn } from '../../../src/database/columns.js';

@Entity('widget')
@Unique('uq_widget_code', ['code'])
@Index('ix_widget_created_at', ['created_at', 'id'])
@Index('ix_widget_updated_at', ['updated_at', 'id'])
@Index('ix_widget_deleted_at', ['deleted_at', 'id'])
@Index('ix_widget_colour', ['colour', 'id'])
@Index('ix_widget_weight', ['weight', 'id'])
@Index('ix_widget_due_at', ['due_at', 'id'])
export class WidgetEntity extends CrudEntity {
  @TextColumn({ length: 40 })
  code!: string;

  @TextColumn({ length: 40, nullable: true })
  colour!: string | null;

  @Column({ type: 'int', nullable: true })
  weight!: number | null;

  @Column({ type: 'boolean', default: false })
  fragile!: boolean;

  @TimestampColumn({ nullable: true })
  due_at!: string | null;

  @TextColumn({ length: 100, nullable: true })
  secret!: string | null;
}
