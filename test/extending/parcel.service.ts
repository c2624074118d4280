import { Injectable } from '@nestjs/common';
import { CrudService, DomainError, Field, MetricRegistry, type Representation, type RequestContext } from 'plinth';
import { ResourceService } from '../../src/modules/resource/resource.service.js';
import { Carrier } from './carrier.js';
import type { Parcel } from './parcel.entity.js';
import { ParcelRepository } from './parcel.repository.js';
import { ParcelSettings } from './parcel.settings.js';

// #region halving
export class Halving {
  @Field({ type: 'integer', minimum: 1, maximum: 5, description: 'How often.' })
  times!: number;
}

export class Halved {
  @Field({ type: 'integer', description: 'What is left, in grams.' })
  weight!: number;
}
// #endregion

// #region metrics
@Injectable()
export class ParcelMetrics {
  readonly sent;
  readonly grams;

  constructor(metrics: MetricRegistry) {
    this.sent = metrics.counter({ name: 'parcel_sent_total', help: 'Parcels that were sent.' });
    this.grams = metrics.histogram({ name: 'parcel_sent_grams', help: 'Their weights.', buckets: [100, 1000] });
  }
}
// #endregion

@Injectable()
export class ParcelService extends CrudService<Parcel> {
  constructor(
    parcels: ParcelRepository,
    private readonly resources: ResourceService,
    private readonly settings: ParcelSettings,
    private readonly carrier: Carrier,
    private readonly metrics: ParcelMetrics,
  ) {
    super(parcels);
  }

  // #region check
  protected override check(before: Parcel | null, after: Parcel | null, { caller }: RequestContext): void {
    if (!after || after.weight === before?.weight) return;
    if (before && after.weight > before.weight && !caller.can('parcel:grow'))
      throw new DomainError('conflict', 'A parcel does not gain weight.');
    const most = this.settings.maxWeight;
    if (after.weight > most) throw new DomainError('parcel-too-heavy', `A parcel weighs ${most} g at most.`);
  }
  // #endregion

  // #region halve
  async halve(id: string, { times }: Halving, context: RequestContext): Promise<Halved> {
    const halved = (parcel: Parcel) => ({ ...parcel, weight: Math.floor(parcel.weight / 2 ** times) });
    return this.edit(id, 'updated', halved, context);
  }
  // #endregion

  // #region after
  async send(id: string, context: RequestContext): Promise<Representation<Parcel>> {
    const parcel = await this.edit(id, 'updated', (before) => ({ ...before, sent: true }), context);
    context.afterCommit(() => this.carrier.fetch(parcel.id));
    context.afterCommit(() => this.metrics.sent.inc());
    context.afterCommit(() => this.metrics.grams.observe(parcel.weight));
    return this.represent(parcel, context);
  }
  // #endregion

  // #region other
  async unpack(id: string, context: RequestContext): Promise<Representation<Parcel>> {
    return this.repository.atomically(async () => {
      const parcel = await this.edit(id, 'updated', (before) => ({ ...before, weight: 0 }), context);
      await this.resources.create({ id: `of-${id}`, name: parcel.label }, context.forOther());
      return this.represent(parcel, context);
    }, context);
  }
  // #endregion
}
