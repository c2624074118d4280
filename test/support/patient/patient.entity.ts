import { CrudEntity, Field, Subject, type FieldOptions } from 'plinth';
import { Entity } from 'typeorm';

const ASKED = { filterable: true, sortable: true, writable: true } as const;
const PERSONAL = { personal: true, nullable: true, ...ASKED } as const;
const DOCUMENT = { personal: true, nullable: true, writable: true } as const;

/** The declarations of the columns of `patient`: personal ones of every type, and one that is not. */
export const PATIENT = {
  person: { type: 'string', maxLength: 60, ...ASKED },
  email: { type: 'string', format: 'email', maxLength: 254, unique: true, personal: true, ...ASKED },
  blood: { type: 'enum', words: ['a', 'b', 'o'], ...PERSONAL },
  notes: { type: 'text', personal: true, nullable: true, filterable: true, writable: true },
  smokes: { type: 'boolean', ...PERSONAL },
  age: { type: 'integer', ...PERSONAL },
  insurance: { type: 'bigint', ...PERSONAL },
  debt: { type: 'decimal', precision: 12, scale: 2, ...PERSONAL },
  weight: { type: 'number', ...PERSONAL },
  born: { type: 'date', ...PERSONAL },
  seen_at: { type: 'timestamp', ...PERSONAL },
  findings: { type: 'json', ...DOCUMENT },
  allergies: { type: 'list', items: { type: 'string', maxLength: 40 }, ...DOCUMENT },
  pin: { type: 'string', readable: false, ...DOCUMENT },
  ward: { type: 'string', maxLength: 40, nullable: true, ...ASKED },
} as const satisfies Record<string, FieldOptions>;

/** A resource about people. */
@Entity('patient')
export class Patient extends CrudEntity {
  @Subject() @Field(PATIENT.person) person!: string;
  @Field(PATIENT.email) email!: string;
  @Field(PATIENT.blood) blood!: string | null;
  @Field(PATIENT.notes) notes!: string | null;
  @Field(PATIENT.smokes) smokes!: boolean | null;
  @Field(PATIENT.age) age!: number | null;
  @Field(PATIENT.insurance) insurance!: string | null;
  @Field(PATIENT.debt) debt!: string | null;
  @Field(PATIENT.weight) weight!: number | null;
  @Field(PATIENT.born) born!: string | null;
  @Field(PATIENT.seen_at) seen_at!: string | null;
  @Field(PATIENT.findings) findings!: unknown;
  @Field(PATIENT.allergies) allergies!: string[] | null;
  @Field(PATIENT.pin) pin!: string | null;
  @Field(PATIENT.ward) ward!: string | null;

  @Field({ type: 'reference', to: () => Patient, personal: true, nullable: true, filterable: true, writable: true })
  mother_id!: string | null;

  @Field({ type: 'string', derived: { from: ['person'], value: ({ person }: Patient) => person.slice(0, 1) } })
  readonly initial?: string;
}
