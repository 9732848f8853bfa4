import { EventEmitter, once } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import { buckets } from './bucket.js';
import type { Member } from './member.js';
import { policies, type Phase, type Policy, type Side } from './phase.js';

/** Queries whose request has this header are answered by `extracted`, if any copy will do for them. */
export interface Cohort {
  /** In lower case. */
  readonly header: string;
  readonly equals: string;
}

/**
 * What every process is told of a module. A hint: who may write, and whether an answer counts, is decided in the database.
 *
 * @internal
 */
export interface RouteEntry {
  /** Of the row by which the controller says so; 0: nobody has said anything yet. Of two entries the older one counts nothing. */
  readonly version: number;
  /** The start of the database's server that holds that row: versions of another one cannot be compared. Empty: not known. */
  readonly start: string;
  readonly phase: Phase;
  /** Buckets below belong to `extracted`, 0 to 10,000. */
  readonly extractedBelow: number;
  /** Buckets of those queries that any copy may answer, and that `extracted` answers: those below, 0 to 10,000. */
  readonly readsBelow: number;
  /** When a command is answered: once both sides have it, or once its owner has. */
  readonly ack: 'both' | 'owner';
  /** One side does not confirm what the other sends. */
  readonly degraded: boolean;
  readonly cohorts: readonly Cohort[];
  /** The share of queries that both sides are asked, 0 to 1. */
  readonly shadowSample: number;
  /** The share of commands that are rehearsed on the side that does not own them, 0 to 1; left out: none. */
  readonly rehearse?: number;
  /** By id, the databases of the two sides: of the shop, and of the service that it is paired with; null: not known, or none. */
  readonly databases: Readonly<Record<Side, string | null>>;
}

/**
 * An entry for every module, as one value: what is told to other processes.
 *
 * @internal
 */
export type RouteTable = Readonly<Record<string, RouteEntry>>;

/**
 * The entry of a module that rests in a phase.
 *
 * @internal
 */
export function routeOf(phase: Phase): RouteEntry {
  const below = policyOf({ phase }).commands === 'extracted' ? buckets : 0;
  return {
    version: 0,
    start: '',
    phase,
    extractedBelow: below,
    readsBelow: below,
    ack: 'both',
    degraded: false,
    cohorts: [],
    shadowSample: 0,
    databases: { monolith: null, extracted: null },
  };
}

/** What the module's phase decides. */
export const policyOf = ({ phase }: Pick<RouteEntry, 'phase'>): Policy => policies[phase];

/**
 * Where a service's database has its module, as an entry; `undefined`: it owns nothing there. Of which version that is only the monolith
 * could say, so it is older than all that this says.
 */
export const ownedRoute = (
  extractedBelow: number,
  databases: Readonly<Record<Side, string>>,
): RouteEntry | undefined =>
  extractedBelow === 0
    ? undefined
    : {
        ...routeOf(extractedBelow === buckets ? 'extracted' : 'shifting'),
        ...{ extractedBelow, readsBelow: extractedBelow, databases },
      };

/** What is known of a module once its service has said where it is: that counts where it leads elsewhere. Pure. */
export const corrected = (known: RouteEntry | undefined, said: RouteEntry): RouteEntry =>
  known && known.extractedBelow === said.extractedBelow && isDeepStrictEqual(known.databases, said.databases)
    ? known
    : { ...said, version: known?.version ?? 0, start: known?.start ?? '' };

/** An entry apart from how old it is. */
const said = (entry: RouteEntry | undefined): unknown => entry && { ...entry, version: 0, start: '' };

const ageOf = (entry: RouteEntry | undefined): string => (entry ? `${entry.start} ${entry.version}` : '');

const newer = (next: RouteEntry, known: RouteEntry | undefined): RouteEntry =>
  known && known.start === next.start && next.version < known.version ? known : next;

/**
 * What this process believes about every module. The monolith's controller says it, the others hear it from the
 * monolith. It may be stale for a moment.
 *
 * @internal
 */
export class Routes {
  private table: RouteTable = {};
  private headers: readonly string[] = [];
  private own: Member | null = null;
  // No limit: every call that waits in `learn` listens.
  private readonly events = new EventEmitter().setMaxListeners(0);

  /** Who this process is to others; null: it belongs to no shop (yet), so it is told nothing and calls nobody. */
  get member(): Member | null {
    return this.own;
  }

  /** This process is that member from now on. Routes of another shop are forgotten. */
  join(member: Member | null): void {
    if (isDeepStrictEqual(member, this.own)) return;
    if (this.own && member?.shop !== this.own.shop) this.replace({});
    this.own = member;
    this.events.emit('member');
  }

  /** The module's entry; `undefined` until this process has heard of it. */
  entryOf(module: string): RouteEntry | undefined {
    return this.table[module];
  }

  /** The module's phase; `undefined` until this process has heard of it. */
  phaseOf(module: string): Phase | undefined {
    return this.table[module]?.phase;
  }

  snapshot(): RouteTable {
    return this.table;
  }

  /** The headers of requests that some module's cohorts look at. */
  get cohortHeaders(): readonly string[] {
    return this.headers;
  }

  /** Whether any module has a part elsewhere, so that NATS is needed. */
  get anyAway(): boolean {
    return Object.values(this.table).some((entry) => {
      const { commands, replicates } = policyOf(entry);
      return commands !== 'monolith' || replicates.length > 0;
    });
  }

  /** Takes over a new table, apart from entries that are older than what is known; listeners run only when calls go another way. */
  replace(given: RouteTable): void {
    const before = this.table;
    const next = Object.fromEntries(
      Object.entries(given).map(([module, entry]) => [module, newer(entry, before[module])]),
    );
    this.table = next;
    const known = Object.keys({ ...before, ...next });
    const renewed = known.filter((module) => ageOf(before[module]) !== ageOf(next[module]));
    if (renewed.length > 0) this.events.emit('version', renewed);
    const changed = known.filter((module) => !isDeepStrictEqual(said(before[module]), said(next[module])));
    if (changed.length === 0) return;
    this.headers = [
      ...new Set(Object.values(next).flatMap(({ cohorts }) => cohorts.map(({ header }) => header))),
    ];
    this.events.emit('change', changed);
  }

  /** The module's entry, waiting up to `patienceMs` for a process that has just started and has not heard of it. */
  async learn(module: string, patienceMs: number): Promise<RouteEntry | undefined> {
    if (!(module in this.table)) {
      const signal = AbortSignal.timeout(patienceMs);
      await once(this.events, 'change', { signal }).catch(() => undefined);
    }
    return this.table[module];
  }

  /** The table has proved to be out of date: whoever can, asks for it now. */
  refresh(): void {
    this.events.emit('refresh');
  }

  /** Calls `listener` when the table is to be asked for. Returns the way to stop that. */
  onRefresh(listener: () => void): () => void {
    this.events.on('refresh', listener);
    return () => this.events.off('refresh', listener);
  }

  /** Calls `listener` when this process belongs to another shop, or serves other modules. Returns the way to stop that. */
  onMember(listener: () => void): () => void {
    this.events.on('member', listener);
    return () => this.events.off('member', listener);
  }

  /** Calls `listener` with the names of the modules whose entry has another version, also if calls go where they went. Returns the way to stop that. */
  onVersion(listener: (renewed: string[]) => void): () => void {
    this.events.on('version', listener);
    return () => this.events.off('version', listener);
  }

  /** Calls `listener` with the names of the modules whose entry changed. Returns the way to stop that. */
  onChange(listener: (changed: string[]) => void): () => void {
    this.events.on('change', listener);
    return () => this.events.off('change', listener);
  }
}
