import { DomainError } from 'plinth';
import { ruleOf } from 'plinth/testing';
import { Parcel } from './parcel.entity.js';
import { ParcelService } from './parcel.service.js';

// #region rule
describe('the rule of parcel', () => {
  const check = ruleOf(ParcelService, { settings: { maxWeight: 500 } });
  const weighing = (weight: number) => Object.assign(new Parcel(), { weight });

  it('refuses a parcel that is too heavy', async () => {
    await expect(check(null, weighing(500))).resolves.toBeUndefined();
    await expect(check(null, weighing(501))).rejects.toThrow(DomainError);
  });
});
// #endregion
