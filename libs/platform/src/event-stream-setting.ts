import type { EventStreamOptions } from 'nestjs-strangler';
import { countSetting, durationSetting, SettingsError, textSetting, type Environment } from './settings.js';

const dayMs = 86_400_000;
const mostMb = 1_000_000;

/**
 * Where outsiders are told of events: `EVENT_STREAM` (a stream of JetStream), `EVENT_STREAM_AGE`, `EVENT_STREAM_MB`, and `EVENT_READERS`
 * (`warehouse:orders.confirmed, reports:>`). `undefined`: nowhere. @throws {SettingsError}
 */
export function eventStreamSetting(env: Environment): EventStreamOptions | undefined {
  const name = textSetting(env, 'EVENT_STREAM');
  const maxAgeMs = durationSetting(env, 'EVENT_STREAM_AGE', 14 * dayMs, 60_000);
  const maxMb = countSetting(env, 'EVENT_STREAM_MB', mostMb, 1_024);
  const readers = readersIn(textSetting(env, 'EVENT_READERS') ?? '');
  if (name === undefined) {
    if (Object.keys(readers).length === 0) return undefined;
    throw new SettingsError('EVENT_READERS: they read a stream; name it as well, EVENT_STREAM=EVENTS');
  }
  if (!/^[\w-]{1,32}$/.test(name))
    throw new SettingsError(
      `EVENT_STREAM=${name}: the name of a stream is expected, 1 to 32 letters, digits, _ or -`,
    );
  if (maxMb === 0) throw new SettingsError('EVENT_STREAM_MB=0: a stream needs room');
  return { name, maxAgeMs, maxBytes: maxMb * 2 ** 20, readers };
}

function readersIn(text: string): Record<string, string> {
  const parts = text.split(',').map((each) => each.trim());
  const found = parts.filter(Boolean).map((each) => /^([a-z0-9-]{1,32}):(>|[\w-]+\.(?:>|\w+))$/.exec(each));
  const readers = found.flatMap((each) => (each ? [[each[1]!, each[2]!] as const] : []));
  if (readers.length === found.length && new Set(readers.map(([who]) => who)).size === readers.length)
    return Object.fromEntries(readers);
  throw new SettingsError(
    `EVENT_READERS=${text}: who reads what is expected, each once, as warehouse:orders.confirmed, stock:inventory.>, reports:>`,
  );
}
