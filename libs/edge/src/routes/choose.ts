import { bucketOf, buckets } from 'nestjs-strangler';
import type { RouteWish, Upstream } from 'nestjs-strangler/internal';

/** What decides where a request goes. */
export interface RoutedRequest {
  method: string;
  /** By their names in lower case, as Node gives them. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Whoever asks, as one and the same from request to request. */
  key: string;
}

/** Where a route stands: `legacy`: everybody is there; `shifting`: its share and its cohorts count. */
export interface Standing {
  phase: 'legacy' | 'shifting';
  /** 0 to 100. */
  percent: number;
}

type Rules = Pick<RouteWish, 'path' | 'cohorts' | 'sharedStore'>;

const reading: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/** Whether a request only reads, by its method, so that it may go to either upstream. */
export const reads = (method: string): boolean => reading.has(method);

/**
 * Which upstream answers a request. Pure. Reads go by cohort, then by the bucket of their key, as calls of modules do
 * (`bucketOf`), so a larger share sends nobody back. Other methods go all at once, when everybody is there: two upstreams
 * with stores of their own would be two writers. With one store they go as reads do.
 *
 * @example upstreamFor({ method: 'GET', headers: {}, key: 'ann' }, route, { phase: 'shifting', percent: 10 })
 */
export function upstreamFor(
  { method, headers, key }: RoutedRequest,
  { path, cohorts, sharedStore }: Rules,
  { phase, percent }: Standing,
): Upstream {
  if (phase === 'legacy') return 'legacy';
  if (percent === 100) return 'new';
  if (!reads(method) && !sharedStore) return 'legacy';
  if (cohorts.some(({ header, equals }) => headers[header] === equals)) return 'new';
  return bucketOf(path, key) < (percent * buckets) / 100 ? 'new' : 'legacy';
}

/** Why writes do not go by the share, for a route of which somebody might think so; undefined: they do, or nothing is shared. */
export function noteOnWrites({
  path,
  percent,
  cohorts,
  sharedStore,
}: Rules & { percent: number | null }): string | undefined {
  const parts = (percent !== null && percent > 0 && percent < 100) || cohorts.length > 0;
  if (sharedStore || !parts) return undefined;
  return (
    `${path}: only GET and HEAD go by share and cohort; other methods stay at legacy until 100 %, because two upstreams ` +
    'with stores of their own would be two writers. If both write to one store: sharedStore: true'
  );
}
