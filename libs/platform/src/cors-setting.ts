import { SettingsError, textSetting, type Environment } from './settings.js';

/**
 * `CORS_ORIGINS`: origins as browsers send them, with commas between; none: no page of another origin gets anything.
 * @throws {SettingsError} for `*`, a path, or anything else that no browser sends
 */
export function corsSetting(env: Environment): readonly string[] {
  const origins = (textSetting(env, 'CORS_ORIGINS') ?? '').split(',').map((origin) => origin.trim());
  return origins.filter(Boolean).map((origin) => {
    const url = URL.canParse(origin) ? new URL(origin) : undefined;
    if (url && ['https:', 'http:'].includes(url.protocol) && url.origin === origin) return origin;
    throw new SettingsError(
      `CORS_ORIGINS: ${origin} is no origin as a browser sends it: https://shop.example, in lower case, without a path or a port that is the usual one`,
    );
  });
}
