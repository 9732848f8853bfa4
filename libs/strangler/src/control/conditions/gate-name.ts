/** Every gate, as `status` and the history name it. */
export const gateNames = [
  'lag',
  'parked',
  'degraded',
  'backfill',
  'outbox',
  'local use',
  'verify',
  'shadow mismatches',
  'error rate',
  'p99 ratio',
  'bake',
  'approval',
] as const;
export type GateName = (typeof gateNames)[number];
