import { dataSourceOptions } from '../../libs/platform/src/database/data-source-options.js';

/** As a process connects, but a turn is waited for longer: on a busy machine it may be long in coming. */
export function patientOptions(...args: Parameters<typeof dataSourceOptions>) {
  const options = dataSourceOptions(...args);
  return { ...options, extra: { ...options.extra, connectionTimeoutMillis: 60_000 } };
}
