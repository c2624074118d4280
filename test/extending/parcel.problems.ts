// #region problems
export const PARCEL_PROBLEMS = {
  'parcel-too-heavy': {
    status: 409,
    title: 'The parcel is too heavy',
    explanation: 'Nobody carries it. Send what is in it in several parcels.',
  },
};
// #endregion
