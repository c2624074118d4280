import { Injectable } from '@nestjs/common';
import { ReadinessChecks } from 'plinth';

/** The company that fetches parcels, as its client would be. */
@Injectable()
export class Carrier {
  readonly fetched: string[] = [];
  ping: () => Promise<void> = () => Promise.resolve();

  async fetch(id: string): Promise<void> {
    await Promise.resolve();
    this.fetched.push(id);
  }
}

// #region readiness
@Injectable()
export class CarrierCheck {
  constructor(checks: ReadinessChecks, carrier: Carrier) {
    checks.add('carrier', () => carrier.ping(), { withinMs: 200 });
  }
}
// #endregion
