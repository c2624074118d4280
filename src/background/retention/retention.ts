import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { systemContext } from '../../access/system-context.js';
import { Config } from '../../config/config.js';
import type { CrudModel } from '../../crud/crud.model.js';
import { ModuleRegistry } from '../../crud/module.registry.js';
import { Purges } from '../../crud/purge/purges.js';
import { Leases } from '../leases/leases.js';
import { pause, type Hold, type Work } from '../leases/work.js';

const DAY_MS = 86_400_000;
const EVERY_MS = 600_000;

/** Purges soft-deleted rows once they are as old as the settings, or their module, say. One process at a time does it. */
@Injectable()
export class Retention implements OnModuleInit, Work {
  readonly name = 'retention';
  private readonly logger = new Logger(Retention.name);

  constructor(
    private readonly leases: Leases,
    private readonly registry: ModuleRegistry,
    private readonly purges: Purges,
    private readonly config: Config,
  ) {}

  /** An application that keeps deleted rows pays nothing for it. */
  onModuleInit(): void {
    if (this.models().length > 0) this.leases.add(this);
  }

  async run({ ending }: Hold): Promise<void> {
    while (!ending.aborted) {
      await this.purgeAll(Date.now(), ending);
      await pause(EVERY_MS, ending);
    }
  }

  async purgeAll(now: number, ending: AbortSignal): Promise<void> {
    for (const model of this.models()) {
      const instant = new Date(now - this.daysOf(model) * DAY_MS).toISOString();
      const count = await this.purges.purgeOld(model, instant, systemContext('retention'), ending);
      if (count > 0)
        this.logger.log({ msg: `Purged ${count} deleted rows of ${model.name}`, module: model.name, count });
    }
  }

  private models(): CrudModel[] {
    return this.registry
      .all()
      .map(({ model }) => model)
      .filter((model) => this.daysOf(model) > 0);
  }

  /** Not before watchers and consumers have had the changes of the row with what was in it. 0: never. */
  private daysOf({ retentionDays }: CrudModel): number {
    const { deletedDays, feedDays } = this.config.changes;
    const days = retentionDays ?? deletedDays;
    return days > 0 ? Math.max(days, feedDays) : 0;
  }
}
