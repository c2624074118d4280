import { CrudEntity, Field, type FieldOptions } from 'plinth';
import { Entity } from 'typeorm';

const ASKED = { filterable: true, sortable: true, writable: true } as const;

/** The declarations of the columns of `specimen`: every type, as its migration has them too. */
export const SPECIMEN = {
  label: { type: 'string', maxLength: 60, ...ASKED },
  tint: { type: 'enum', words: ['red', 'green', 'blue'], nullable: true, ...ASKED },
  essay: { type: 'text', nullable: true, filterable: true, writable: true },
  flag: { type: 'boolean', default: false, ...ASKED },
  small: { type: 'integer', nullable: true, ...ASKED },
  wide: { type: 'integer', minimum: -(2 ** 53) + 1, maximum: 2 ** 53 - 1, nullable: true, ...ASKED },
  huge: { type: 'bigint', nullable: true, ...ASKED },
  price: { type: 'decimal', precision: 12, scale: 2, nullable: true, ...ASKED },
  share: { type: 'decimal', precision: 18, scale: 18, nullable: true, ...ASKED },
  ratio: { type: 'number', nullable: true, ...ASKED },
  day: { type: 'date', nullable: true, ...ASKED },
  moment: { type: 'timestamp', nullable: true, ...ASKED },
  shape: { type: 'json', nullable: true, writable: true },
  tags: { type: 'list', items: { type: 'string', maxLength: 40 }, nullable: true, writable: true },
  prices: { type: 'list', items: { type: 'decimal', precision: 9, scale: 3 }, nullable: true, writable: true },
  secret: { type: 'string', readable: false, nullable: true, writable: true },
} as const satisfies Record<string, FieldOptions>;

/** A resource with every type of field. */
@Entity('specimen')
export class Specimen extends CrudEntity {
  @Field(SPECIMEN.label) label!: string;
  @Field(SPECIMEN.tint) tint!: string | null;
  @Field(SPECIMEN.essay) essay!: string | null;
  @Field(SPECIMEN.flag) flag!: boolean;
  @Field(SPECIMEN.small) small!: number | null;
  @Field(SPECIMEN.wide) wide!: number | null;
  @Field(SPECIMEN.huge) huge!: string | null;
  @Field(SPECIMEN.price) price!: string | null;
  @Field(SPECIMEN.share) share!: string | null;
  @Field(SPECIMEN.ratio) ratio!: number | null;
  @Field(SPECIMEN.day) day!: string | null;
  @Field(SPECIMEN.moment) moment!: string | null;
  @Field(SPECIMEN.shape) shape!: unknown;
  @Field(SPECIMEN.tags) tags!: string[] | null;
  @Field(SPECIMEN.prices) prices!: string[] | null;
  @Field(SPECIMEN.secret) secret!: string | null;

  @Field({ type: 'reference', to: () => Specimen, nullable: true, filterable: true, writable: true })
  parent_id!: string | null;

  @Field({
    type: 'string',
    derived: { from: ['label', 'flag'], value: ({ label, flag }: Specimen) => `${label}${flag ? '!' : ''}` },
  })
  readonly title?: string;
}
