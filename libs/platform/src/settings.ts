import type { HealthAddress } from 'nestjs-strangler';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';

/** A setting that cannot be used: the message names it and says what would be right. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** A setting as text; an empty one counts as absent. */
export const textSetting = (env: Environment, name: string): string | undefined =>
  env[name]?.trim() || undefined;

/** A TCP port. @throws {SettingsError} */
export function portSetting(env: Environment, name: string, fallback: number): number {
  const text = textSetting(env, name);
  const port = text === undefined ? fallback : Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new SettingsError(`${name}=${text}: a port number from 0 to 65535 is expected`);
}

/** A whole number from 0 to `most`. @throws {SettingsError} */
export function countSetting(env: Environment, name: string, most: number, fallback: number): number {
  const text = textSetting(env, name);
  const count = text === undefined ? fallback : Number(text);
  if (Number.isInteger(count) && count >= 0 && count <= most) return count;
  throw new SettingsError(`${name}=${text}: a whole number from 0 to ${most} is expected`);
}

/** How many of something one address may have. */
export interface AddressShare {
  readonly most: number;
  /** Whether it also holds for who is on this machine: only if somebody has set it. */
  readonly loopback: boolean;
}

/** How many one address may have; `undefined` (`0`): as many as it likes. @throws {SettingsError} */
export function shareSetting(env: Environment, name: string, fallback: number): AddressShare | undefined {
  const most = countSetting(env, name, 100_000, fallback);
  return most === 0 ? undefined : { most, loopback: textSetting(env, name) !== undefined };
}

/** What a listener grants to those who connect. */
export interface ConnectionSettings {
  /** Until a whole request is there, in ms. */
  requestMs: number;
  perAddress: AddressShare | undefined;
}

/**
 * `REQUEST_TIMEOUT` and `CONNECTIONS_PER_ADDRESS`. Behind `proxies` all connections are theirs, so without a setting they are not counted.
 * @throws {SettingsError}
 */
export const connectionSettings = (env: Environment, proxies: number): ConnectionSettings => ({
  requestMs: Math.max(1_000, durationSetting(env, 'REQUEST_TIMEOUT', 30_000)),
  // A quarter of those that a listener takes.
  perAddress: shareSetting(env, 'CONNECTIONS_PER_ADDRESS', proxies > 0 ? 0 : 250),
});

const units = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A time as `36h` or `30d`, in ms, at least `leastMs`. @throws {SettingsError} */
export function durationSetting(env: Environment, name: string, fallbackMs: number, leastMs = 0): number {
  const text = textSetting(env, name);
  if (text === undefined) return fallbackMs;
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const ms = Number(count) * units[unit as keyof typeof units];
  if (ms >= leastMs) return ms;
  const least = leastMs > 0 ? `, at least ${leastMs / units.h}h,` : '';
  throw new SettingsError(`${name}=${text}: a time as 30s, 36h or 30d${least} is expected`);
}

/** A URL of one of the given schemes. @throws {SettingsError}; the message does not show the value, it may hold a password. */
export function urlSetting(env: Environment, name: string, schemes: readonly string[]): string | undefined {
  const text = textSetting(env, name);
  if (text === undefined) return undefined;
  const scheme = URL.canParse(text) ? new URL(text).protocol.slice(0, -1) : '';
  if (schemes.includes(scheme)) return text;
  throw new SettingsError(
    `${name}: a URL that begins with ${schemes.map((s) => `${s}://`).join(' or ')} is expected`,
  );
}

/** One of a few words. @throws {SettingsError} */
export function choiceSetting<const T extends string>(
  env: Environment,
  name: string,
  choices: readonly T[],
  fallback: T,
): T {
  const text = textSetting(env, name) ?? fallback;
  const choice = choices.find((word) => word === text);
  if (choice) return choice;
  throw new SettingsError(`${name}=${text}: one of ${choices.join(', ')} is expected`);
}

/** The text of the file that a setting names. @throws {SettingsError} */
export function fileSetting(env: Environment, name: string): string | undefined {
  const path = textSetting(env, name);
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new SettingsError(`${name}=${path}: cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

/** The path of a file; one that is named must be there. @throws {SettingsError} */
export function pathSetting(env: Environment, name: string, fallback: string): string {
  const path = textSetting(env, name);
  if (path !== undefined && !existsSync(path))
    throw new SettingsError(`${name}=${path}: there is no such file`);
  return path ?? fallback;
}

/** Whether there is a file at this path that this process may read. */
export function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** `HEALTH_PORT`, at the address `HOST` (this machine only, unless it is set). @throws {SettingsError} */
export const healthSetting = (env: Environment): HealthAddress => ({
  host: textSetting(env, 'HOST') ?? '127.0.0.1',
  port: textSetting(env, 'HEALTH_PORT') === undefined ? undefined : portSetting(env, 'HEALTH_PORT', 0),
});

/**
 * `EMBEDDED=off`: nothing is started beside the program, as in a container; then the addresses of all servers are required.
 * @throws {SettingsError} naming the first that is missing.
 */
export function requireServers(env: Environment, urls: Readonly<Record<string, string | undefined>>): void {
  if (choiceSetting(env, 'EMBEDDED', ['on', 'off'], 'on') === 'on') return;
  const missing = Object.keys(urls).find((name) => urls[name] === undefined);
  if (missing) throw new SettingsError(`${missing} is required: EMBEDDED=off, so no server is started here`);
}
