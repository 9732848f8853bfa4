import type { Side } from '../routes/phase.js';

/** In the place of a database's id, where whoever serves the module is asked who he is. Calls never have it. */
export const anyDatabase = 'any';

/** A side of a module on one database: whom a message is for. */
export interface Address {
  module: string;
  /** In a pattern `*` stands for each. */
  side: Side | '*';
  /** Id of the database, or {@link anyDatabase}; in a pattern `*` for each, at its end `>` for each and what follows. */
  database: string;
}

const addressed = ({ module, side, database }: Address): string => `${module}.${side}.${database}`;

/** The subject of a command's rehearsals, from that of its calls. */
export const rehearsalBeside = (calls: string): string => `${calls}.rehearsal`;

/**
 * The subjects of one shop: all of them begin with its namespace, so that several may share a NATS. What a message is for
 * comes first, whom it is for next: permissions of NATS are patterns of that order.
 *
 * @example
 * ```ts
 * const subjects = new Subjects('shop');
 * ```
 */
export class Subjects {
  /** @throws {RangeError} when the namespace is no word of 1 to 32 letters (lower case), digits and hyphens. */
  constructor(readonly namespace = 'shop') {
    if (!/^[a-z0-9-]{1,32}$/.test(namespace)) {
      throw new RangeError(`${namespace}: a namespace has 1 to 32 lower-case letters, digits or hyphens`);
    }
  }

  /** Hints on where modules of a shop are served. `shop`: id of its monolith's database; in a pattern `>`. */
  routesChanged(shop: string): string {
    return `${this.namespace}.routes.changed.${shop}`;
  }

  /** Asks for the routes of a shop, or of {@link anyDatabase}; in a pattern `*`. */
  routesGet(shop: string): string {
    return `${this.namespace}.routes.get.${shop}`;
  }

  /** Asks the service of a module where its own database has that, of a shop or of {@link anyDatabase}; in a pattern `*`. */
  routeOf(module: string, shop: string): string {
    return `${this.namespace}.routes.of.${module}.${shop}`;
  }

  /** There a program says the key by which it signs, to that shop; in a pattern `*`. */
  keysOffered(program: string, shop: string): string {
    return `${this.namespace}.keys.offer.${program}.${shop}`;
  }

  /** There it says it to the services, while nobody else tells them; in a pattern `*`. */
  keysTold(program: string, shop: string): string {
    return `${this.namespace}.keys.told.${program}.${shop}`;
  }

  /**
   * There the processes of a program that carries no module are asked what they have seen of their calls to that shop. `database`: their
   * own. In a pattern `shop` is `*`, and `database` `>`.
   */
  callsReported(program: string, { shop, database }: { shop: string; database: string }): string {
    return `${this.namespace}.calls.${program}.${shop}.${database}`;
  }

  /** Calls of one operation. */
  rpc(to: Address, operation: string): string {
    return `${this.namespace}.rpc.${addressed(to)}.${operation}`;
  }

  /** There each copy of who serves a side says how it does, when another one asks. */
  copies(to: Address): string {
    return `${this.namespace}.copies.${addressed(to)}`;
  }

  /** Rehearsals of one command: a service of a release that knows none does not listen there, for it would carry the command out. */
  rehearsal(to: Address, operation: string): string {
    return rehearsalBeside(this.rpc(to, operation));
  }

  /** The pattern of calls of all operations. `to.database`: `>` */
  calls(to: Address): string {
    return `${this.namespace}.rpc.${addressed(to)}`;
  }

  /** The name in NATS of who connects for the monolith or a service. `who`: one word. */
  userOf(who: string): string {
    return `${this.namespace}.${who}`;
  }

  /** Where the answers to that user come; nobody else may listen there. */
  inboxOf(who: string): string {
    return `_INBOX_${this.userOf(who)}`;
  }

  /** There outsiders are told of events of a type; of all, where none is said. */
  events(type = '>'): string {
    return `${this.namespace}.events.${type}`;
  }

  /** Of the AsyncAPI document that describes what is said there: an event says by it where its data are described. */
  get asyncApiId(): string {
    return `urn:strangler:${this.namespace}`;
  }

  /** What the controller asks of a side. */
  control(to: Address): string {
    return `${this.namespace}.control.${addressed(to)}`;
  }

  /** What the other side sends: batches, heartbeats. */
  replicate(to: Address): string {
    return `${this.namespace}.replicate.${addressed(to)}`;
  }

  /** Where the receiver fetches a batch that is too large for one message; `to` is its sender. `batch`: one word. */
  pieces(to: Address, batch: string): string {
    return `${this.namespace}.replicate.${addressed(to)}.pieces.${batch}`;
  }
}
