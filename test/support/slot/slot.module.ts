import { Controller, Injectable } from '@nestjs/common';
import {
  CrudController,
  CrudEntity,
  CrudRepository,
  CrudService,
  Database,
  DomainError,
  Field,
  PlinthModule,
  Portable,
} from 'plinth';
import { Entity, type MigrationInterface, type QueryRunner } from 'typeorm';

const PLACE = { type: 'string', maxLength: 40 } as const;
const LABEL = { type: 'string', maxLength: 60 } as const;
const SORT_KEY = { type: 'string', maxLength: 60, nullable: true } as const;

/** With a member that is never changed, one that a rule keeps as it is, one that the service fills in, and no PUT. */
@Entity('slot')
export class Slot extends CrudEntity {
  @Field({ ...PLACE, writable: 'create' })
  place!: string;

  @Field({ ...LABEL, writable: true, filterable: true })
  label!: string;

  @Field({ ...PLACE, writable: true })
  wing!: string;

  @Field(SORT_KEY)
  sort_key!: string | null;
}

class CreateSlot1764000000020 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await new Portable(queryRunner).createResource(
      'slot',
      { place: PLACE, wing: PLACE, label: LABEL, sort_key: SORT_KEY },
      { indexes: ['label'] },
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await new Portable(queryRunner).dropResource('slot');
  }
}

@Injectable()
class SlotRepository extends CrudRepository<Slot> {
  constructor(database: Database) {
    super(database, Slot);
  }
}

@Injectable()
class SlotService extends CrudService<Slot> {
  constructor(slots: SlotRepository) {
    super(slots);
  }

  protected override check(before: Slot | null, after: Slot | null): void {
    if (before && after && after.wing !== before.wing) throw new DomainError('conflict', 'A slot stays in its wing.');
    if (after) after.sort_key = after.label.toLowerCase();
  }
}

@Controller('slot')
class SlotController extends CrudController(Slot, { without: ['replace'] }) {
  constructor(slots: SlotService) {
    super(slots);
  }
}

/** As `slot.sample.ts` of a module would have it. */
export const SLOT_SAMPLES = { fixed: ['wing'], follows: ['sort_key'] };

@PlinthModule({
  resource: Slot,
  controllers: [SlotController],
  providers: [SlotService, SlotRepository],
  exports: [SlotService],
  migrations: [CreateSlot1764000000020],
})
export class SlotModule {}
