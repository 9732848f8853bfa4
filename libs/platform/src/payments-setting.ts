import { choiceSetting, type Environment } from './settings.js';

const providers = ['test', 'none'] as const;

/** Who takes the money: nobody, but tokens that mean it (`test`), or no one at all (`none`: every card is declined). */
export type PaymentsProvider = (typeof providers)[number];

/** `PAYMENTS_PROVIDER`: where goods may be real, test tokens are taken only by those who say so. @throws {SettingsError} */
export const paymentsSetting = (env: Environment, { tryingOut }: { tryingOut: boolean }): PaymentsProvider =>
  choiceSetting(env, 'PAYMENTS_PROVIDER', providers, tryingOut ? 'test' : 'none');
