import type { ApiOptions } from '#api';
import { openLimitPool, type Check, type Closing } from '#platform';
import { adminLogin } from '#sample';
import { StranglerProcess } from 'nestjs-strangler';
import type { Settings } from './config.js';

/** The HTTP edge as the settings want it. `direct`: the database, where failed attempts are counted. */
export function apiOptions(
  { identityProvider, admin, dataDir, rates, shedListsAt, graphql }: Settings,
  direct: string,
  checks: readonly Check[],
  closing: Closing,
): ApiOptions {
  const limits = openLimitPool(direct);
  closing.add(() => limits.end());
  return {
    ...{ identity: identityProvider, limits, rates, shedListsAt, graphql },
    bootstrapAdmin: () => adminLogin(admin ?? { dataDir }),
    readiness: {
      useFactory: (process: StranglerProcess) => [...checks, ...process.checks],
      inject: [StranglerProcess],
    },
  };
}
