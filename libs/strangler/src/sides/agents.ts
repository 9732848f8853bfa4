import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { Acknowledger, WrittenRows } from '../database/acknowledger.js';
import { hearKeys, offerKey, tellKeys } from '../nats/callers/key-exchange.js';
import { KeyStore } from '../nats/callers/key-store.js';
import { heldSentence } from '../engine/identity/held.js';
import type { Held } from '../engine/identity/peer.js';
import { Database } from '../database/database.js';
import { memberOf, unservedOf, type Pairing, type Unserved } from '../routes/member.js';
import { ownedRoute, policyOf, type RouteEntry, type Routes } from '../routes/routes.js';
import type { Side } from '../routes/phase.js';
import type { Retention } from '../engine/pruning/retention.js';
import type { NatsLink } from '../nats/link.js';
import { tellOwnRoutes } from '../nats/route-sync.js';
import { sqlNames, type MovingModule } from '../database/tables.js';
import { SideAgent, type AgentOptions } from './agent.js';

/** How long an answer waits for the other side (`ack: both`) before the module counts as degraded, in ms. */
const ackMs = 1_000;

export interface AgentsOptions {
  witness?: string | undefined;
  /** The server itself, where the data source leads through a pooler. */
  direct?: string | undefined;
  retention?: Retention | undefined;
  /** Programs that call, beside the modules. */
  programs?: readonly string[];
}

/**
 * The side agents of this process, one a module that it carries. They live as long as the application.
 *
 * @internal
 */
export class Agents implements Acknowledger {
  private readonly logger = new Logger(Agents.name);
  private readonly agents = new Map<string, SideAgent>();
  private readonly pairings = new Map<string, Pairing>();
  private readonly unserved = new Map<string, Unserved>();
  private pool: Database | undefined;
  private stops: (() => void)[] = [];

  constructor(
    private readonly side: Side | undefined,
    private readonly link: NatsLink | undefined,
    private readonly routes: Routes,
    private readonly how: AgentsOptions = {},
  ) {}

  /** Adds the agent of a module; all modules of a process share its database. */
  add(
    module: MovingModule,
    dataSource: DataSource,
    more: Pick<AgentOptions, 'stranded' | 'definitions' | 'events'> = {},
  ): SideAgent {
    if (!this.side) throw new Error('a process that stands on no side carries no module');
    this.requireOwnTables(module);
    const { side, link } = this;
    const { witness, retention } = this.how;
    const told = side === 'extracted' ? (pairing: Pairing) => this.settle(pairing) : undefined;
    const database = this.databaseOf(dataSource);
    const namedByOthers = () =>
      [...this.agents].flatMap(([name, { moving }]) => (name === module.module ? [] : sqlNames(moving)));
    const how = { side, link, witness, retention, told, namedByOthers, ...more };
    const agent = new SideAgent({ database, module, ...how });
    this.agents.set(module.module, agent);
    return agent;
  }

  /** A table's triggers write down for one module alone. */
  private requireOwnTables(module: MovingModule): void {
    const mine = sqlNames(module);
    for (const [other, agent] of this.agents) {
      const both = sqlNames(agent.moving).find((table) => other !== module.module && mine.includes(table));
      if (both !== undefined)
        throw new Error(
          `the table ${both} is named by ${other} and by ${module.module}: it moves with one of them, and the other one asks that one`,
        );
    }
  }

  /** The toolkit's own connections to the database of this process. */
  databaseOf(dataSource: DataSource): Database {
    const { direct } = this.how;
    return (this.pool ??= direct === undefined ? Database.of(dataSource) : new Database(direct));
  }

  /** `undefined`: this process does not carry the module. */
  of(module: string): SideAgent | undefined {
    return this.agents.get(module);
  }

  /** Of modules of a service: why their calls are not served here. */
  get notServed(): readonly Unserved[] {
    const foreign = this.held.filter(({ kind }) => kind === 'foreign');
    return [...this.unserved.values(), ...foreign.map(({ reason }) => ({ reason, early: false }))];
  }

  /** Why modules of this process take no writes. */
  get held(): readonly { kind: Held['kind']; reason: string }[] {
    return [...this.agents].flatMap(([module, { held }]) =>
      held ? [{ kind: held.kind, reason: heldSentence(module, held) }] : [],
    );
  }

  /** For how long this process has seen buckets of the module fenced, in ms; 0: none are. */
  fencedMs(module: string): number {
    return this.agents.get(module)?.fencedMs ?? 0;
  }

  /** How many sagas of each module with processes stand where this process knows no step. */
  async strandedSagas(): Promise<ReadonlyMap<string, number>> {
    const counts = new Map<string, number>();
    for (const [module, agent] of this.agents) {
      const found = await agent.stranded();
      if (found)
        counts.set(
          module,
          found.reduce((sum, { sagas }) => sum + sagas, 0),
        );
    }
    return counts;
  }

  async afterCommit(module: string, rows: WrittenRows): Promise<void> {
    if (this.waits(module)) await this.agents.get(module)?.deliveries.whenStored(rows, ackMs);
  }

  /** Has the module's database prove itself; whether it has. Without another side there is nothing to prove. */
  async prove(module: string): Promise<boolean> {
    return (await this.agents.get(module)?.prove()) ?? true;
  }

  async onHit(module: string, _commandId: string, keys: readonly string[]): Promise<void> {
    const agent = this.agents.get(module);
    if (!agent || !this.waits(module)) return;
    const rows = await agent.deliveries.outstandingOf(module, keys);
    if (rows.ids.length > 0) await this.afterCommit(module, rows);
  }

  /** Begins the work of all sides that this process carries. */
  async start(): Promise<void> {
    if (this.agents.size > 0) await this.pool?.assertSessions();
    await this.speak();
    for (const agent of this.agents.values()) await agent.start();
  }

  /** When the servers have answered their last call: until then answers wait for what the relays carry. */
  async stop(): Promise<void> {
    for (const stop of this.stops) stop();
    await Promise.all([...this.agents.values()].map((agent) => agent.stop()));
    await this.pool?.close();
  }

  /** From now on calls of this process say who makes them, it knows who calls it, and a service says where its modules are. */
  private async speak(): Promise<void> {
    const { link, routes, pool } = this;
    const { programs = [] } = this.how;
    const [program] = this.agents.keys();
    if (!link || !pool || program === undefined) return;
    const store = new KeyStore(pool);
    if (this.side === 'monolith') return void this.stops.push(await tellKeys(link, routes, store, programs));
    const entryOf = (module: string) => this.ownRoute(module);
    this.stops.push(hearKeys(link, routes, programs), tellOwnRoutes(link, routes, entryOf));
    this.stops.push(await offerKey(link, routes, store, program));
  }

  private ownRoute(module: string): RouteEntry | undefined {
    const { peer, database, extractedBelow } = this.pairings.get(module) ?? { peer: null };
    return peer === null ? undefined : ownedRoute(extractedBelow, { monolith: peer, extracted: database });
  }

  /** Where a service stands has been looked at: from here on it serves, calls and is told routes accordingly. */
  private settle(pairing: Pairing): void {
    this.pairings.set(pairing.module, pairing);
    const member = memberOf([...this.pairings.values()]);
    this.routes.join(member);
    for (const each of this.pairings.values()) this.note(each.module, unservedOf(member, each));
  }

  private note(module: string, unserved: Unserved | null): void {
    const before = this.unserved.get(module);
    if (unserved === null) this.unserved.delete(module);
    else this.unserved.set(module, unserved);
    // A service that is started before the first move is on its usual way.
    if (unserved && unserved.reason !== before?.reason)
      this.logger[unserved.early ? 'log' : 'warn'](unserved.reason);
  }

  /** Whether answers are held back until the other side has what was written. */
  private waits(module: string): boolean {
    const entry = this.routes.entryOf(module);
    // Not heard yet: whoever has captured changes has another side that may need them.
    if (!entry) return true;
    // Whether the module is degraded, only the sender's own database says: by it a fail-over knows what may be missing. The
    // routes tell of both directions, and for a while of what is over.
    return entry.ack === 'both' && policyOf(entry).replicates.length > 0;
  }
}
