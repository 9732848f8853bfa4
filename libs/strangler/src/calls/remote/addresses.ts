import type { PreparedOperation } from '../../contract/operation.js';
import type { Side } from '../../routes/phase.js';
import type { Routes } from '../../routes/routes.js';
import type { Subjects } from '../../nats/subjects.js';

interface Address {
  readonly database: string;
  readonly subject: string;
}

/** Where calls go, as the routes say: a subject is made once for an operation, a side and its database. */
export class Addresses {
  private readonly known = {
    monolith: new Map<PreparedOperation, Address>(),
    extracted: new Map<PreparedOperation, Address>(),
  };

  constructor(
    private readonly subjects: Subjects,
    private readonly routes: Routes,
  ) {}

  /** `undefined`: this process belongs to no shop, or it is not known on which database the shop has that side. */
  of(operation: PreparedOperation, side: Side): string | undefined {
    const database = this.routes.member && this.routes.entryOf(operation.module)?.databases[side];
    if (!database) return undefined;
    const known = this.known[side].get(operation);
    if (known?.database === database) return known.subject;
    const subject = this.subjects.rpc({ module: operation.module, side, database }, operation.name);
    this.known[side].set(operation, { database, subject });
    return subject;
  }
}
