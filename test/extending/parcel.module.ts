import { Injectable } from '@nestjs/common';
import { Caller, PlinthModule, TokenVerifier, type Refused, type Verified } from 'plinth';
import { ResourceModule } from '../../src/modules/resource/resource.module.js';
import { Carrier, CarrierCheck } from './carrier.js';
import { ParcelController } from './parcel.controller.js';
import { CreateParcel1764000000007, Parcel } from './parcel.entity.js';
import { PARCEL_PROBLEMS } from './parcel.problems.js';
import { ParcelRepository } from './parcel.repository.js';
import { ParcelMetrics, ParcelService } from './parcel.service.js';
import { ParcelSettings } from './parcel.settings.js';
import { Doubled, OpenHours, ReportController } from './report.controller.js';
import { ReportService } from './report.service.js';

// #region replaced
@Injectable()
export class DeskTokens extends TokenVerifier {
  override async verify(token: string): Promise<Verified | Refused> {
    if (token !== 'desk') return super.verify(token);
    return { caller: new Caller('user:desk', ['parcel:read', 'parcel:all']), until: Date.now() + 60_000 };
  }
}
// #endregion

// #region module
@PlinthModule({
  resource: Parcel,
  migrations: [CreateParcel1764000000007],
  settings: ParcelSettings,
  problems: PARCEL_PROBLEMS,
  replaces: [{ provide: TokenVerifier, useClass: DeskTokens }],
  imports: [ResourceModule],
  controllers: [ParcelController, ReportController],
  providers: [ParcelService, ParcelRepository, ParcelMetrics, ReportService, Carrier, CarrierCheck, OpenHours, Doubled],
})
export class ParcelModule {}
// #endregion
