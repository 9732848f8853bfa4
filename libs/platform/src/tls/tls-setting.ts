import { SettingsError, textSetting, type Environment } from '../settings.js';
import { Certificate } from './certificate.js';

/**
 * `TLS_CERT` and `TLS_KEY`: paths of PEM files, the certificate with those that lead to its CA behind it. `undefined`: HTTP without TLS.
 * @throws {SettingsError} also when the files do not belong together
 */
export function tlsSetting(env: Environment): Certificate | undefined {
  const [cert, key] = [textSetting(env, 'TLS_CERT'), textSetting(env, 'TLS_KEY')];
  if (!cert && !key) return undefined;
  if (!cert || !key) throw new SettingsError('TLS_CERT and TLS_KEY belong together: set both or none');
  try {
    return new Certificate({ cert, key });
  } catch (error) {
    throw new SettingsError(`TLS_CERT=${cert} and TLS_KEY=${key}: ${(error as Error).message}`);
  }
}
