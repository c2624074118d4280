import { Injectable } from '@nestjs/common';
import { ParcelRepository } from './parcel.repository.js';

@Injectable()
export class ReportService {
  constructor(private readonly parcels: ParcelRepository) {}

  weights(least: number): Promise<{ tenant: string; grams: number }[]> {
    return this.parcels.weights(least);
  }
}
