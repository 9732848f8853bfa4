import { SettingsError, textSetting, urlSetting, type Environment } from './settings.js';

/** An outside identity provider, whose tokens are good. */
export interface IdentitySetting {
  jwksUrl: string;
  issuer: string;
  audience: string;
}

/** `JWT_JWKS_URL`, `JWT_ISSUER` and `JWT_AUDIENCE`; `undefined`: tokens are those of the users module. @throws {SettingsError} */
export function identitySetting(env: Environment): IdentitySetting | undefined {
  const jwksUrl = urlSetting(env, 'JWT_JWKS_URL', ['https', 'http']);
  const issuer = textSetting(env, 'JWT_ISSUER');
  const audience = textSetting(env, 'JWT_AUDIENCE');
  if (!jwksUrl && !issuer && !audience) return undefined;
  if (jwksUrl && issuer && audience) return { jwksUrl, issuer, audience };
  throw new SettingsError('JWT_JWKS_URL, JWT_ISSUER and JWT_AUDIENCE belong together: set all three or none');
}
