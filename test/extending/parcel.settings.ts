import { setting, Settings } from 'plinth';

// #region settings
export class ParcelSettings extends Settings({
  maxWeight: setting.integer({
    key: 'PARCEL_MAX_WEIGHT',
    default: 1000,
    minimum: 1,
    maximum: 100_000,
    description: 'Grams that a parcel may weigh.',
  }),
}) {}
// #endregion
