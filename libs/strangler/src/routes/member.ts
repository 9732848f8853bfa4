/**
 * Who a process is to others. It calls, serves and is told routes within one shop.
 *
 * @internal
 */
export interface Member extends Owned {
  /** The modules whose calls it may answer. */
  readonly modules: readonly string[];
}

/** What a database knows of one module that a process carries. */
export interface Pairing {
  readonly module: string;
  readonly database: string;
  /** Buckets below belong to `extracted`, as it has it. */
  readonly extractedBelow: number;
  /** The shop that it was paired with; null: none. */
  readonly peer: string | null;
  readonly peerSince: string | null;
  /** It is a copy of another database, as far as is known. */
  readonly copy: boolean;
  /** Not paired itself: a shop has its service of the module on another database. */
  readonly elsewhere?: Owned | undefined;
}

/** Why calls of a module are not served. */
export interface Unserved {
  /** In plain words. */
  readonly reason: string;
  /** No shop asks for it yet, so nobody misses it. */
  readonly early: boolean;
}

/**
 * Whom a process of services belongs to: the one shop that its modules were paired with. Null: to none, or to several; or its database
 * is a copy, beside which the original may be there.
 */
export function memberOf(pairings: readonly Pairing[]): Member | null {
  const paired = pairings.filter(({ peer }) => peer !== null);
  const [first] = paired;
  const alike = paired.every(({ peer, copy }) => peer === first!.peer && !copy);
  if (!first || !alike) return null;
  const modules = paired.map(({ module }) => module);
  return { database: first.database, shop: first.peer!, since: first.peerSince, modules };
}

/** Why a process of services serves no calls of a module; null: it serves them. Pure. */
export function unservedOf(
  member: Member | null,
  { module, copy, peer, database, elsewhere }: Pairing,
): Unserved | null {
  if (member?.modules.includes(module)) return null;
  const not = (why: string): Unserved => ({ reason: `${module} serves no calls: ${why}`, early: false });
  if (copy) return not('its database is a copy, beside which the original may be there');
  if (peer !== null) return not('the modules of this process belong to several shops');
  if (elsewhere)
    return not(
      `its database ${database} is not paired; the shop whose database is ${elsewhere.shop} has its service on ${elsewhere.database}, since ${elsewhere.since}`,
    );
  return { ...not(`its database ${database} is not paired with a shop yet`), early: true };
}

/** A database of a module, and the shop that it belongs to: the id of that one's monolith's database. */
export interface Owned {
  readonly database: string;
  readonly shop: string;
  /** RFC 3339; null: it is the shop's own. */
  readonly since: string | null;
}
