import { SettingsError, textSetting, type Environment } from '#platform';

const mostCopies = 32;

/**
 * The origins of an upstream's copies: `http://a:8000,http://b:8000`.
 * @returns `undefined` when it is not set
 * @throws {SettingsError}; the message does not show the value, it may hold a password
 */
export function copiesSetting(env: Environment, name: string): readonly string[] | undefined {
  const text = textSetting(env, name);
  if (text === undefined) return undefined;
  const copies = text.split(',').map((part) => copyOf(part.trim(), name));
  if (new Set(copies).size < copies.length) throw new SettingsError(`${name}: it names the same copy twice`);
  if (copies.length > mostCopies)
    throw new SettingsError(`${name}: at most ${mostCopies} copies are expected`);
  return copies;
}

function copyOf(text: string, name: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isOrigin =
    url &&
    url.pathname === '/' &&
    url.search === '' &&
    url.hash === '' &&
    url.username === '' &&
    url.password === '';
  if (isOrigin && ['http:', 'https:'].includes(url.protocol)) return url.origin;
  throw new SettingsError(
    `${name}: a URL as http://app:8000 is expected, without a path or a password; several copies are set apart by commas`,
  );
}
