import { bucketOf, buckets } from './bucket.js';
import type { PreparedOperation } from '../contract/operation.js';
import type { Side } from './phase.js';
import { policyOf, type RouteEntry } from './routes.js';

/** What a process is: the side it stands on (a gateway stands on none) and the modules whose code it carries. */
export interface Here {
  readonly side: Side | undefined;
  hosts(module: string): boolean;
}

/** What of a call decides where it goes, beside its keys. */
export type Routed = Pick<PreparedOperation, 'module' | 'kind' | 'reads' | 'keyed'>;

/** What of a request can decide where its queries are answered. */
export interface Asker {
  readonly requestId: string;
  /** Headers, their names in lower case. */
  readonly headers?: Readonly<Record<string, string | undefined>> | undefined;
}

/** Keys of one call that have one owner. */
export interface Part {
  readonly side: Side;
  readonly keys: readonly string[];
}

/** The side that serves the call whatever its keys are; `undefined`: the owner of its keys does. Pure. */
export function sideFor(entry: RouteEntry, operation: Routed, asker: Asker): Side | undefined {
  const policy = policyOf(entry);
  const side = operation.kind === 'query' ? policy.queries : policy.commands;
  if (side !== 'owner') return side;
  return operation.kind === 'query' && operation.reads === 'any'
    ? copyFor(entry, operation, asker)
    : undefined;
}

/** Who answers a query for which any copy will do: spread by request, so that one request sees one copy. */
function copyFor(entry: RouteEntry, { module, keyed }: Routed, asker: Asker): Side | undefined {
  if (entry.degraded) {
    // The copies fall behind: what has an owner goes there, and lists to who owns all, or to the monolith.
    if (keyed) return undefined;
    return entry.extractedBelow === buckets ? 'extracted' : 'monolith';
  }
  const inCohort = entry.cohorts.some(({ header, equals }) => asker.headers?.[header] === equals);
  return inCohort || bucketOf(module, asker.requestId) < entry.readsBelow ? 'extracted' : 'monolith';
}

/** The owner of a routing key, as far as the border is known. Pure. */
export const ownerOf = (border: Pick<RouteEntry, 'extractedBelow'>, module: string, key: string): Side =>
  bucketOf(module, key) < border.extractedBelow ? 'extracted' : 'monolith';

/** The keys by owner, in the order in which owners first come. Pure. */
export function partsOf(
  border: Pick<RouteEntry, 'extractedBelow'>,
  module: string,
  keys: readonly string[],
): Part[] {
  const parts = new Map<Side, string[]>();
  for (const key of keys) {
    const side = ownerOf(border, module, key);
    const part = parts.get(side);
    if (part) part.push(key);
    else parts.set(side, [key]);
  }
  return [...parts].map(([side, owned]) => ({ side, keys: owned }));
}
