import { Injectable } from '@nestjs/common';
import type { RequestContext } from 'plinth';
import { ParcelRepository } from './parcel.repository.js';
import { ParcelService } from './parcel.service.js';
import type { Box } from './report.controller.js';

@Injectable()
export class ReportService {
  constructor(
    private readonly parcels: ParcelRepository,
    private readonly service: ParcelService,
  ) {}

  weights(least: number): Promise<{ tenant: string; grams: number }[]> {
    return this.parcels.weights(least);
  }

  // #region box
  async box(tenant: string, context: RequestContext): Promise<Box> {
    const { id } = await this.service.create({ label: 'Box', tenant, weight: 0, sent: false }, context);
    return { parcel_id: id };
  }
  // #endregion
}
