import type { Side } from '../phase.js';

/** In the place of a database's id, where the sender does not know it yet. */
export const anyDatabase = 'any';

/** A side of a module on one database: whom a message is for. */
export interface Address {
  module: string;
  side: Side;
  /** Id of the database, or {@link anyDatabase}. */
  database: string;
}

const addressed = ({ module, side, database }: Address): string => `${module}.${side}.${database}`;

/**
 * The subjects of one shop: all of them begin with its namespace, so that several may share a NATS. What a message is for
 * comes first, whom it is for next: permissions of NATS are patterns of that order.
 */
export class Subjects {
  /** @throws {RangeError} when the namespace is no word of 1 to 32 letters (lower case), digits and hyphens. */
  constructor(readonly namespace = 'shop') {
    if (!/^[a-z0-9-]{1,32}$/.test(namespace)) {
      throw new RangeError(`${namespace}: a namespace has 1 to 32 lower-case letters, digits or hyphens`);
    }
  }

  /** Hints on where modules are served. */
  get routesChanged(): string {
    return `${this.namespace}.routes.changed`;
  }

  /** Asks for the routes. */
  get routesGet(): string {
    return `${this.namespace}.routes.get`;
  }

  /** Calls of one operation. */
  rpc(to: Address, operation: string): string {
    return `${this.namespace}.rpc.${addressed(to)}.${operation}`;
  }

  /** Where answers for a user come; nobody else may listen there. `user`: one word. */
  inboxOf(user: string): string {
    return `_INBOX_${this.namespace}.${user}`;
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
