import { Database } from '#strangler/database/database';
import { otherSide, sides, type Side } from '#strangler/routes/phase';
import { Receiver } from '#strangler/engine/replication/apply';
import type { ApplyReply } from '#strangler/engine/replication/frame';
import { Relay } from '#strangler/engine/replication/relay';
import { SideAgent } from '#strangler/sides/agent';
import type { LocalSide, SideState } from '#strangler/sides/side';
import type { MovingModule } from '#strangler/database/tables';
import { directPeer, pairDirectly } from './pairing.js';
import { freshDatabase, type TestDatabase } from './postgres.js';
import { until } from './until.js';

export type Method = keyof LocalSide;
/** What happens to a call: it is carried out by `proceed`, or not, or its answer is lost. */
export type Fault = (method: Method, proceed: () => Promise<unknown>) => Promise<unknown>;
/** How a frame goes to a side: `deliver` stores it there. */
export type Carriage = (frame: Uint8Array, deliver: () => Promise<ApplyReply>) => Promise<ApplyReply>;

/** How the sides of a module are made. */
export interface SidesHow {
  /** Makes the module's tables. */
  ddl: string;
  /** Whether each side can ask the other one what it holds. */
  asks?: boolean;
  /** How many connections an agent has. */
  connections?: number;
  heartbeatMs?: number;
}

/** What a side is made of. */
interface Parts {
  readonly side: Side;
  readonly test: TestDatabase;
  readonly database: Database;
  readonly agent: SideAgent;
  readonly module: string;
  readonly how: SidesHow;
  /** Set once both are there. */
  readonly across: { side?: DirectSide };
}

export async function sideParts(side: Side, module: MovingModule, how: SidesHow): Promise<Parts> {
  const test = await freshDatabase();
  await test.query(how.ddl);
  const { connections, asks = true } = how;
  const database = new Database(test.url, connections === undefined ? {} : { max: connections });
  const across: Parts['across'] = {};
  const peer = directPeer(() => across.side?.agent);
  const agent = new SideAgent({ database, module, side, link: undefined, ...(asks && { peer }) });
  await agent.start();
  return { side, test, database, agent, module: module.module, how, across };
}

/** A side as a process on it has it, on a database of its own: an agent, and a relay that calls the other side directly. */
export class DirectSide {
  readonly side: Side;
  readonly test: TestDatabase;
  readonly database: Database;
  readonly agent: SideAgent;
  readonly receiver: Receiver;
  /** As the controller sees it. */
  readonly control: LocalSide;
  /** What happens to the controller's calls from now on; undefined: they are carried out. */
  fault: Fault | undefined;
  /** Whether the relay stands still: nothing is sent. */
  still = false;
  /** How frames come here from now on. */
  carriage: Carriage = (_frame, deliver) => deliver();
  /** Changes in a batch at most, of a relay that starts from now on. */
  batchRows: number | undefined;
  private relay: Relay | undefined;

  constructor(private readonly parts: Parts) {
    const { side, test, database, agent, module, how } = parts;
    [this.side, this.test, this.database, this.agent] = [side, test, database, agent];
    this.receiver =
      how.asks === false
        ? new Receiver(database, agent.tables, module)
        : new Receiver(
            database,
            agent.tables,
            module,
            () => void agent.prove(),
            () => agent.describe(),
          );
    this.control = new Proxy({} as LocalSide, {
      get: (_, name) =>
        typeof agent[name as Method] === 'function'
          ? (argument?: unknown) => this.call(name as Method, argument)
          : undefined,
    });
  }

  /** What is on the other side. */
  set other(side: DirectSide) {
    this.parts.across.side = side;
  }

  /** Runs one statement, as from psql. */
  query<T extends object>(sql: string, params: unknown[] = []): Promise<T[]> {
    return this.test.query<T>(sql, params);
  }

  /** The rows of a table as text, in order. */
  async rows(table: string): Promise<string[]> {
    const sql = `select t::text as row from ${this.parts.module}.${table} t order by t::text collate "C"`;
    return (await this.database.query<{ row: string }>(sql)).map(({ row }) => row);
  }

  /** Captures no more, as on the way back to `monolith`. */
  async end(): Promise<void> {
    const { ownership } = await this.agent.state();
    await this.stopRelay();
    await this.control.stopCapture({ epoch: ownership.epoch });
  }

  async close(): Promise<void> {
    await this.stopRelay();
    await this.agent.stop();
    await this.database.close();
    await this.test.drop();
  }

  private call(method: Method, argument: unknown): Promise<unknown> {
    const proceed = () => this.proceed(method, argument);
    return this.fault ? this.fault(method, proceed) : proceed();
  }

  private async proceed(method: Method, argument: unknown): Promise<unknown> {
    const run = this.agent[method].bind(this.agent) as (argument: unknown) => Promise<unknown>;
    const answer = await run(argument);
    if (method === 'startCapture') this.relay ??= this.startRelay();
    if (method === 'stopCapture') await this.stopRelay();
    if (method === 'fence') this.relay?.wake();
    return answer;
  }

  private startRelay(): Relay {
    const { side, database, agent, batchRows } = this;
    const { module, across, how } = this.parts;
    const relay = new Relay({
      ...{ database, module, side, tables: agent.tables, deliveries: agent.deliveries },
      ...(how.asks !== false && { describe: () => agent.describe(), ...agent.proofs }),
      ...(how.heartbeatMs !== undefined && { heartbeatMs: how.heartbeatMs }),
      ...(batchRows !== undefined && { batchRows }),
      maxPayload: () => 1_048_576,
      send: (frame) => {
        const other = across.side;
        if (this.still || !other) return Promise.reject(new Error(`${otherSide(side)} does not answer`));
        return other.carriage(frame, () => other.receiver.apply(frame));
      },
    });
    relay.start();
    return relay;
  }

  private async stopRelay(): Promise<void> {
    const { relay } = this;
    this.relay = undefined;
    await relay?.stop();
  }
}

/** Both sides of a module in this process, without NATS. */
export class Sides<S extends DirectSide = DirectSide> {
  readonly controls: Readonly<Record<Side, LocalSide>>;

  constructor(
    private readonly module: string,
    readonly monolith: S,
    readonly extracted: S,
  ) {
    [monolith.other, extracted.other] = [extracted, monolith];
    this.controls = { monolith: monolith.control, extracted: extracted.control };
  }

  /** They know each other, and all is captured and copied, as on the way to `dual-write`. */
  async begin(): Promise<void> {
    await this.pair();
    await this.controls.extracted.startCapture({ backfill: false });
    await this.controls.monolith.startCapture({ backfill: true });
  }

  pair(): Promise<void> {
    const { monolith, extracted } = this;
    return pairDirectly(this.module, { monolith: monolith.database, extracted: extracted.database });
  }

  async states(): Promise<Record<Side, SideState>> {
    const [monolith, extracted] = await Promise.all(sides.map((side) => this.controls[side].state()));
    return { monolith: monolith!, extracted: extracted! };
  }

  /** The outboxes are empty. */
  async drained(): Promise<void> {
    await until('both outboxes are empty', async () => {
      const rows = await Promise.all(
        sides.map((side) => this[side].query('select from strangler.outbox limit 1')),
      );
      return rows.every((found) => found.length === 0) ? true : undefined;
    });
  }

  async close(): Promise<void> {
    await Promise.all([this.monolith.close(), this.extracted.close()]);
  }
}

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
export async function directSides(module: MovingModule = parcels, more = ''): Promise<Sides> {
  const how = { ddl: `${ddl};${more}`, connections: 1 };
  const [monolith, extracted] = await Promise.all(
    sides.map(async (side) => new DirectSide(await sideParts(side, module, how))),
  );
  return new Sides(module.module, monolith!, extracted!);
}
