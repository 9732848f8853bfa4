import type { RouteWish, Upstream } from 'nestjs-strangler/internal';
import { isDeepStrictEqual } from 'node:util';
import type { Standing } from './choose.js';
import type { RouteChange, RouteRow } from './decide.js';

/** What follows for a route whose upstreams are others than those that it was moved between. */
export interface Replacement {
  change: RouteChange;
  /** Why what was seen does not count any more; undefined: it still does. */
  reason?: string;
}

type Moved = Pick<RouteRow, 'phase' | 'percent' | 'upstreams'>;
type Wish = Pick<RouteWish, 'upstreams' | 'sharedStore'>;

/**
 * Whether a name stands for another application now: no copy is in both lists. Copies that come and go are the same one, larger or
 * smaller. Pure.
 */
export const isAnother = (before: readonly string[], now: readonly string[]): boolean =>
  !now.some((copy) => before.includes(copy));

/**
 * Where readers go. A share was given to what stood there as `new`; to another application nobody goes before it is watched, share by
 * share. But at 100 % writes are at `new`, and `legacy` does not know them: then its place is another one, and all stay. Pure.
 */
export function standingOf(row: Moved, route: Wish): Standing {
  const { phase, percent } = row;
  return beginsAnew(row, route) ? { phase, percent: 0 } : { phase, percent };
}

const beginsAnew = ({ percent, upstreams }: Moved, { upstreams: now, sharedStore }: Wish): boolean =>
  upstreams !== null && isAnother(upstreams.new, now.new) && (percent < 100 || sharedStore);

/** What is to be written down of upstreams that have changed; undefined: they have not. Pure. */
export function replacement(row: Moved, route: Wish): Replacement | undefined {
  const { upstreams: before, percent } = row;
  const { upstreams: now } = route;
  if (isDeepStrictEqual(before, now)) return undefined;
  const others = before ? (['legacy', 'new'] as const).filter((one) => isAnother(before[one], now[one])) : [];
  if (!before || others.length === 0) return { change: { upstreams: now } };
  const said = (one: Upstream) => `${one} was ${before[one].join(', ')} and is ${now[one].join(', ')}`;
  const reason = `${others.map(said).join(', ')}: what was seen before does not count`;
  if (beginsAnew(row, route)) {
    return {
      change: { upstreams: now, percent: 0, approved: [] },
      reason: percent > 0 ? `${reason}, and it begins anew at 0 %` : reason,
    };
  }
  const stays = others.includes('new') && percent > 0;
  return {
    change: { upstreams: now },
    reason: stays
      ? `${reason}; it stays at 100 %, because legacy does not know what was written at new`
      : reason,
  };
}
