import { ForbiddenError, UnavailableError } from '../../contract/errors.js';
import { Logger } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { KeyObject } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Member } from '../../routes/member.js';
import { monolithUser } from '../permissions.js';
import type { RouteTable } from '../../routes/routes.js';
import type { Caller } from '../../contract/caller.js';
import {
  kidOf,
  privateKeyOf,
  publicKeyOf,
  publicTextOf,
  signCaller,
  verifyCaller,
  type SigningKey,
} from './caller-token.js';

/** A public key, and whose it is: a program's, with the database in which it keeps the private one. */
export interface CallerKey {
  readonly kid: string;
  readonly program: string;
  readonly database: string;
  /** As {@link publicTextOf} has it. */
  readonly key: string;
  /** Whether all processes of the program sign: none of an older release is connected to its database. */
  readonly allSign: boolean;
}

/** A key of this process's program, as its database keeps it. */
export interface OwnKey {
  readonly kid: string;
  readonly privateKey: string;
}

/** How long a token counts, in s; and how far the clocks of two machines may be apart. */
const life = 60;
const leeway = 60;
/** A token that ends sooner is not sent any more, in s. */
const least = 20;
/** Most tokens that are remembered, made or verified. */
const most = 10_000;
/** Most keys that are taken of one program while the monolith is silent, and for how long each counts, in ms. */
const told = { max: 16, ttl: 60_000 };

/** Where a call comes from, as it says; it is believed where a process of the release before may be, and of nobody whose key is known. */
interface From {
  readonly database: string;
}

/** A key, and whose it is. */
interface Signer {
  readonly entry: CallerKey;
  readonly key: KeyObject;
}

/** Who this process is to the shop, and whose word it takes. */
export interface KeyStanding {
  readonly member: Member;
  readonly table: RouteTable;
}

/**
 * The keys by which processes of a shop say who calls: this one's own, and those of the others. A token is made once a minute for each
 * module and each who asks, and verified once by each who hears it. What is not signed is taken only where a process of the release before
 * this one is: from a program whose key is not known, or that says so. A program signs from its start: no call of its own comes without a
 * token once others know its key.
 */
export class CallerKeys {
  private readonly logger = new Logger(CallerKeys.name);
  private own: (SigningKey & { readonly program: string }) | undefined;
  private known = new Map<string, Signer>();
  /** Whose processes all sign. */
  private databases: ReadonlySet<string> = new Set();
  private readonly made = new LRUCache<string, { token: string; until: number }>({ max: most });
  private readonly verified = new LRUCache<string, { caller: Caller; audience: string; until: number }>({
    max: most,
  });
  /** By program, what it says of itself. */
  private readonly told = new Map<string, LRUCache<string, CallerKey>>();
  private heardByOne = false;
  private readonly unsigned = new Set<string>();
  private refreshing: Promise<void> | undefined;
  private ask: (() => Promise<void>) | undefined;
  /** Wall clock less steady clock, in ms: what all of a shop go by, however the clock of this machine is set meanwhile. */
  private offset = performance.timeOrigin;

  /** From now on this process signs, for that program. Answers the public half. */
  hold({ kid, privateKey }: OwnKey, program: string): Pick<CallerKey, 'kid' | 'key'> {
    const key = privateKeyOf(privateKey);
    this.own = { kid, key, program };
    return { kid, key: publicTextOf(key) };
  }

  /** What the shop says: everybody's keys. Rubbish among them is left out. */
  learn(entries: readonly CallerKey[]): void {
    const known = new Map<string, Signer>();
    for (const entry of entries) {
      const before = this.known.get(entry.kid);
      const key = before?.entry.key === entry.key ? before.key : keyIn(entry);
      if (key) known.set(entry.kid, { entry, key });
    }
    if (isDeepStrictEqual([...known.values()].map(entryOf), [...this.known.values()].map(entryOf))) return;
    this.known = known;
    const signed = [...known.values()].filter(({ entry }) => entry.allSign);
    this.databases = new Set(signed.map(({ entry }) => entry.database));
    this.verified.clear();
  }

  get all(): CallerKey[] {
    return [...this.known.values()].map(entryOf);
  }

  /** How the keys are asked for when one is not known. */
  onUnknown(ask: () => Promise<void>): void {
    this.ask = ask;
  }

  /** In ms since 1970, alike in all processes of the shop. */
  now(): number {
    return this.offset + performance.now();
  }

  /** The shop's time is that, in ms since 1970. */
  setTime(now: number): void {
    this.offset = now - performance.now();
  }

  /**
   * A program says a key of its own, while the monolith is silent. It counts for a minute, and beside what the monolith says: under the id
   * of a key that this has told it counts nothing.
   */
  hear(entry: CallerKey): void {
    const { program, kid } = entry;
    if (program === monolithUser) return;
    const those = this.told.get(program) ?? new LRUCache<string, CallerKey>(told);
    this.told.set(program, those.set(kid, entry));
  }

  /** A service has the key of this process. */
  wereHeard(): void {
    this.heardByOne = true;
  }

  /** Whether the others can know the key of this process. */
  get areHeard(): boolean {
    return this.own !== undefined && (this.heardByOne || this.known.has(this.own.kid));
  }

  /**
   * Says who calls, to that module. `undefined`: this process has no key.
   * @throws {UnavailableError} when nobody would know the process without it: it carries no module.
   */
  tokenFor(module: string, member: Member, caller: Caller | undefined): string | undefined {
    const { own } = this;
    if (own === undefined) return undefined;
    if (!this.areHeard) assertNeedless(module, member);
    const { shop } = member;
    const { program, as, actor } = caller ?? { program: own.program, as: 'itself', actor: undefined };
    const name = `${shop} ${module} ${program} ${as} ${actor ? `${actor.id} ${actor.role} ${actor.version}` : ''}`;
    const now = this.now() / 1_000;
    const made = this.made.get(name);
    if (made && made.until > now + least) return made.token;
    const until = Math.floor(now + life);
    const claims = { program, as, actor, audience: audienceOf(shop, module), expiresAt: until };
    const token = signCaller(own, claims);
    this.made.set(name, { token, until });
    return token;
  }

  /**
   * Who calls that module here.
   * @throws {ForbiddenError} when it lies. {UnavailableError} when it has not proved who it is, but might be able to, or its program is
   * just being replaced: a saga that heard "forbidden" would give up.
   */
  callerOf(
    token: string | undefined,
    from: From,
    module: string,
    standing: KeyStanding,
  ): Caller | Promise<Caller> {
    if (token === undefined)
      return this.unsignedCaller(from, standing) ?? this.unproven(from, module, standing);
    const known = this.verified.get(token);
    if (
      known?.audience === audienceOf(standing.member.shop, module) &&
      known.until + leeway > this.now() / 1_000
    )
      return known.caller;
    return this.verify(token, from, module, standing);
  }

  private async verify(token: string, from: From, module: string, standing: KeyStanding): Promise<Caller> {
    const kid = kidOf(token);
    if (kid === undefined) throw new ForbiddenError('the call has no token that says who calls');
    if (this.signersOf(kid).length === 0) {
      // It could as well have come without a token.
      const caller = this.unsignedCaller(from, standing);
      if (caller) {
        void this.refresh().catch(() => undefined);
        return caller;
      }
      await this.refresh();
    }
    const signers = this.signersOf(kid);
    if (signers.length === 0)
      throw new UnavailableError(module, 'the key of whoever calls is not known here');
    const signed = signers.flatMap(({ entry, key }) => {
      const claims = verifyCaller(token, key);
      return claims ? [{ program: entry.program, claims }] : [];
    });
    const one = signed.find(({ program, claims }) => program === claims.program) ?? signed[0];
    if (!one) throw new ForbiddenError('the token that says who calls is not signed by its key');
    const { audience, expiresAt: until, ...caller } = one.claims;
    if (audience !== audienceOf(standing.member.shop, module))
      throw new ForbiddenError('the token that says who calls is for somebody else');
    // The monolith carries modules and the API: it speaks for each of them.
    const { program } = one;
    if (program !== monolithUser && caller.program !== program)
      throw new ForbiddenError(`${program} says that it is ${caller.program}`);
    if (!this.isFresh(until)) await this.refresh();
    if (!this.isFresh(until))
      throw new UnavailableError(module, 'the token that says who calls has run out: do the clocks agree?');
    this.verified.set(token, { caller, audience, until });
    return caller;
  }

  /** Whose key that is: the monolith's word; without one all that say so of themselves, for one of them may lie. */
  private signersOf(kid: string): readonly Signer[] {
    const known = this.known.get(kid);
    if (known) return [known];
    return [...this.told.values()].flatMap((those) => {
      const entry = those.get(kid);
      const key = entry && keyIn(entry);
      return key ? [{ entry, key }] : [];
    });
  }

  /** Nor is one taken that counts longer than any is made for. */
  private isFresh(until: number): boolean {
    const now = this.now() / 1_000;
    return until + leeway > now && until < now + life + leeway;
  }

  /** Where nobody can have proved anything yet. */
  private unsignedCaller({ database }: From, { member, table }: KeyStanding): Caller | undefined {
    const program = programOn(database, member, table);
    if (program === undefined || this.databases.has(database)) return undefined;
    if (!this.unsigned.has(database)) {
      this.unsigned.add(database);
      this.logger.warn({
        msg: 'calls that are not signed: a process of an older release, or one whose key is not known here yet',
        program,
        database,
      });
    }
    return { program, as: 'itself' };
  }

  /** Meanwhile its program may have said that an older process is there, too. */
  private async unproven(from: From, module: string, standing: KeyStanding): Promise<Caller> {
    const what = 'the call does not prove who calls: it has no token';
    if (programOn(from.database, standing.member, standing.table) === undefined)
      throw new ForbiddenError(what);
    await this.refresh();
    const caller = this.unsignedCaller(from, standing);
    if (!caller) throw new UnavailableError(module, what);
    return caller;
  }

  /** One after the other, however many wait for it. */
  private refresh(): Promise<void> {
    this.refreshing ??= (this.ask?.() ?? Promise.resolve()).finally(() => (this.refreshing = undefined));
    return this.refreshing;
  }
}

/** Whose database is one of the shop is known by that, until his key is. */
function assertNeedless(module: string, { database, shop, modules }: Member): void {
  if (database === shop || modules.length > 0) return;
  throw new UnavailableError(module, 'the shop has not heard the key of this process yet');
}

const entryOf = ({ entry }: { entry: CallerKey }): CallerKey => entry;

const audienceOf = (shop: string, module: string): string => `${shop}/${module}`;

/** Which program a database of the shop belongs to. */
function programOn(database: string, { shop }: Member, table: RouteTable): string | undefined {
  if (database === shop) return monolithUser;
  return Object.keys(table).find((module) => table[module]!.databases.extracted === database);
}

function keyIn({ key }: CallerKey): KeyObject | undefined {
  try {
    return publicKeyOf(key);
  } catch {
    return undefined;
  }
}
