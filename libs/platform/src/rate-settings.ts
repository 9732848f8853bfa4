import { SettingsError, textSetting, type Environment } from './settings.js';

/** Requests that may come. */
export interface RateSetting {
  /** In the long run. */
  perSecond: number;
  /** At once, after a pause. */
  burst: number;
  /** Whether it also holds for who is on this machine. */
  loopback: boolean;
}

/** How many requests are taken. */
export interface RateSettings {
  perAddress: RateSetting | undefined;
  perUser: RateSetting | undefined;
  /** By method and pattern, as `GET /api/v1/orders/:id`; `*`: of every other route. */
  perRoute: Readonly<Record<string, RateSetting>>;
}

const expected = 'a rate as "50/s", "600/m" or "50/s burst 100" is expected, or 0 for none';

/**
 * `RATE_PER_ADDRESS`, `RATE_PER_USER` and `RATE_PER_ROUTE`. What is not set holds for other machines only: who tries the shop out, replays
 * orders or measures it does so from its own, and is not to be refused. What is set holds for all.
 * @throws {SettingsError} naming the first wrong one.
 */
export const rateSettings = (env: Environment): RateSettings => ({
  perAddress: rateSetting(env, 'RATE_PER_ADDRESS', '100/s burst 400'),
  perUser: rateSetting(env, 'RATE_PER_USER', '50/s burst 200'),
  perRoute: routeRates(env),
});

function rateSetting(env: Environment, name: string, fallback: string): RateSetting | undefined {
  const text = textSetting(env, name);
  const rate = rateOf(text ?? fallback, `${name}=${text}`);
  return rate && { ...rate, loopback: text !== undefined };
}

/** One for all routes, or some by name: `GET /api/v1/orders 20/s burst 40, POST /api/v1/orders 50/s, 200/s`. */
function routeRates(env: Environment): Record<string, RateSetting> {
  const name = 'RATE_PER_ROUTE';
  const text = textSetting(env, name) ?? '0';
  const rates = text.split(',').map((entry) => {
    const [, route = '*', rate = ''] = /^(?:([A-Z]+ \/\S*)\s+)?(.*)$/.exec(entry.trim()) ?? [];
    return [route, rateOf(rate, `${name}=${text}`)] as const;
  });
  return Object.fromEntries(
    rates.flatMap(([route, rate]) => (rate ? [[route, { ...rate, loopback: true }]] : [])),
  );
}

const seconds = { s: 1, m: 60 };
const most = 1_000_000;

/** Without a burst: as many at once as in a second, at least one. `undefined`: no limit. */
function rateOf(text: string, said: string): { perSecond: number; burst: number } | undefined {
  if (text === '0') return undefined;
  const [, count, unit, atOnce] = /^(\d{1,7})\/([sm])(?:\s+burst\s+(\d{1,7}))?$/.exec(text) ?? [];
  const perSecond = Number(count) / seconds[unit as keyof typeof seconds];
  const burst = atOnce === undefined ? Math.max(1, Math.ceil(perSecond)) : Number(atOnce);
  if (perSecond > 0 && perSecond <= most && burst >= 1 && burst <= most) return { perSecond, burst };
  throw new SettingsError(`${said}: ${expected}`);
}
