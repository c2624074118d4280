import { CrudEntity, Field, Portable } from 'plinth';
import { Entity, type MigrationInterface, type QueryRunner } from 'typeorm';

@Entity('parcel')
export class Parcel extends CrudEntity {
  @Field({ type: 'string', maxLength: 40, writable: true })
  label!: string;

  @Field({ type: 'string', maxLength: 40, writable: 'create', filterable: true })
  tenant!: string;

  @Field({ type: 'integer', minimum: 0, writable: true, sortable: true })
  weight!: number;

  @Field({ type: 'date', nullable: true, writable: true })
  due_on!: string | null;

  // #region field
  @Field({ type: 'integer', nullable: true, readable: 'parcel:price', writable: true })
  price!: number | null;
  // #endregion

  /** Only verbs write it. */
  @Field({ type: 'boolean', default: false })
  sent!: boolean;
}

export class CreateParcel1764000000007 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const fields = {
      label: { type: 'string', maxLength: 40 },
      tenant: { type: 'string', maxLength: 40 },
      weight: { type: 'integer' },
      due_on: { type: 'date', nullable: true },
      price: { type: 'integer', nullable: true },
      sent: { type: 'boolean', default: false },
    } as const;
    await new Portable(queryRunner).createResource('parcel', fields, { indexes: ['tenant', 'weight'] });
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await new Portable(queryRunner).dropResource('parcel');
  }
}
