import { Database } from '#strangler/database/database';
import { otherSide, type Side } from '#strangler/routes/phase';
import { Receiver } from '#strangler/engine/replication/apply';
import { Deliveries } from '#strangler/engine/replication/deliveries';
import { Relay } from '#strangler/engine/replication/relay';
import { SideAgent } from '#strangler/sides/agent';
import type { LocalSide } from '#strangler/sides/side';
import { describeTables, type MovingModule, type MovingTable } from '#strangler/database/tables';
import { directPeer } from './pairing.js';
import { freshDatabase, type TestDatabase } from './postgres.js';
import { until } from './until.js';

export type Method = keyof LocalSide;
/** What happens to a call: it is carried out by `proceed`, or not, or its answer is lost. */
export type Fault = (method: Method, proceed: () => Promise<unknown>) => Promise<unknown>;

/** A side as the controller sees it, on a database of its own, with a relay that calls the other side directly. */
export interface DirectSide {
  readonly side: Side;
  readonly test: TestDatabase;
  readonly database: Database;
  readonly control: LocalSide;
  /** For how long it has seen a fence, in ms. */
  readonly fencedMs: number;
  /** What happens to the controller's calls from now on; undefined: they are carried out. */
  fault: Fault | undefined;
  /** What an agent does now and then, where it has a connection: looks after the tables. */
  tend(): Promise<void>;
  migrateOwn(): Promise<void>;
  prune(): Promise<boolean>;
  /** Whether the relay stands still: nothing is sent. */
  still: boolean;
}

export interface DirectSides {
  readonly monolith: DirectSide;
  readonly extracted: DirectSide;
  readonly controls: Readonly<Record<Side, LocalSide>>;
  /** The outboxes are empty. */
  drained(): Promise<void>;
  close(): Promise<void>;
}

const methods: Method[] = [
  ...([
    'state',
    'check',
    'startCapture',
    'stopCapture',
    'mayShift',
    'oldWriters',
    'fence',
    'drained',
    'adopt',
    'pair',
    'takeOver',
    'prove',
    'serveUnproven',
    'giveUp',
    'takeWhole',
    'own',
    'release',
    'raise',
  ] as const),
  ...([
    'parked',
    'stake',
    'unpark',
    'chunkEnd',
    'chunkHash',
    'chunkRows',
    'inFlight',
    'resend',
    'sampleKeys',
    'callsTo',
    'retire',
  ] as const),
];

/** A module whose rows are parcels. */
export const parcels: MovingModule = {
  module: 'parcels',
  ownership: 'by-key',
  tables: ['parcel'],
  routingKey: 'code',
  transforms: {},
};
const ddl =
  'create schema parcels; create table parcels.parcel (code text primary key, weight integer not null)';

/** The same, owned as a whole. */
export const wholeParcels: MovingModule = { ...parcels, ownership: 'whole', routingKey: undefined };

/** Both sides; the monolith owns all, nothing is captured yet. `more`: tables that the module has besides. */
export async function directSides(module: MovingModule = parcels, more = ''): Promise<DirectSides> {
  const [monolith, extracted] = await Promise.all([
    open('monolith', module, more),
    open('extracted', module, more),
  ]);
  monolith.other = extracted;
  extracted.other = monolith;
  const both = [monolith, extracted];
  return {
    monolith,
    extracted,
    controls: { monolith: monolith.control, extracted: extracted.control },
    drained: async () => {
      await until('both outboxes are empty', async () => {
        const rows = await Promise.all(
          both.map(({ test }) => test.query('select from strangler.outbox limit 1')),
        );
        return rows.every((found) => found.length === 0) ? true : undefined;
      });
    },
    close: async () => {
      await Promise.all(both.map((side) => side.stop()));
      await Promise.all(both.map(({ database }) => database.close()));
      await Promise.all(both.map(({ test }) => test.drop()));
    },
  };
}

async function open(side: Side, module: MovingModule, more: string): Promise<Running> {
  const test = await freshDatabase();
  await test.query(`${ddl};${more}`);
  const database = new Database(test.url, { max: 1 });
  let other: () => Running | undefined = () => undefined;
  const peer = directPeer(() => other()?.agent);
  const agent = new SideAgent({ database, module, side, link: undefined, peer });
  await agent.start();
  const tables = await describeTables(database, module);
  const running = new Running(side, test, database, module.module, agent, tables);
  other = () => running.other;
  return running;
}

class Running implements DirectSide {
  readonly control: LocalSide;
  fault: Fault | undefined;
  still = false;
  other: Running | undefined;
  private readonly receiver: Receiver;
  private readonly deliveries: Deliveries;
  private relay: Relay | undefined;

  constructor(
    readonly side: Side,
    readonly test: TestDatabase,
    readonly database: Database,
    private readonly module: string,
    readonly agent: SideAgent,
    private readonly tables: MovingTable[],
  ) {
    this.receiver = new Receiver(
      database,
      tables,
      module,
      () => void agent.prove(),
      () => agent.describe(),
    );
    this.deliveries = new Deliveries(database, module);
    const entries = methods.map((method) => [method, (argument?: unknown) => this.call(method, argument)]);
    this.control = Object.fromEntries(entries) as LocalSide;
  }

  get fencedMs(): number {
    return this.agent.fencedMs;
  }

  tend(): Promise<void> {
    return this.agent.tend();
  }

  migrateOwn(): Promise<void> {
    return this.agent.migrateOwn();
  }

  prune(): Promise<boolean> {
    return this.agent.prune();
  }

  async stop(): Promise<void> {
    await this.relay?.stop();
    await this.agent.stop();
    await this.deliveries.close();
  }

  private call(method: Method, argument: unknown): Promise<unknown> {
    const proceed = () => this.proceed(method, argument);
    return this.fault ? this.fault(method, proceed) : proceed();
  }

  private async proceed(method: Method, argument: unknown): Promise<unknown> {
    const run = this.agent[method].bind(this.agent) as (argument: unknown) => Promise<unknown>;
    const answer = await run(argument);
    if (method === 'startCapture' && !this.relay) this.startRelay();
    if (method === 'stopCapture') {
      await this.relay?.stop();
      this.relay = undefined;
    }
    if (method === 'fence') this.relay?.wake();
    return answer;
  }

  private startRelay(): void {
    this.relay = new Relay({
      database: this.database,
      module: this.module,
      side: this.side,
      tables: this.tables,
      describe: () => this.agent.describe(),
      send: (frame) => {
        const other = this.other;
        if (this.still || !other) return Promise.reject(new Error(`${otherSide(this.side)} does not answer`));
        return other.receiver.apply(frame);
      },
      deliveries: this.deliveries,
      ...this.agent.proofs,
      maxPayload: () => 1_048_576,
    });
    this.relay.start();
  }
}
