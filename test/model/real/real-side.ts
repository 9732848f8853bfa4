import { Continuity } from '#strangler/engine/continuity/continuity';
import type { Answer, Peer } from '#strangler/engine/identity/peer';
import { ContinuityStore } from '#strangler/engine/continuity/store';
import { WitnessFile } from '#strangler/engine/identity/witness-file';
import { Database } from '#strangler/database/database';
import { startCapture, stopCapture } from '#strangler/engine/ownership/capture';
import { Ownership } from '#strangler/engine/ownership/ownership';
import { Receiver } from '#strangler/engine/replication/apply';
import { Parking } from '#strangler/engine/replication/parking';
import { BatchReader } from '#strangler/engine/replication/read-batch';
import { RelaySession } from '#strangler/engine/replication/relay-session';
import type { Side as SideName } from '#strangler/routes/phase';
import { SideAgent } from '#strangler/sides/agent';
import { describeTables, type MovingModule, type MovingTable } from '#strangler/database/tables';
import { freshDatabase, type TestDatabase } from '../../support/postgres.js';
import type { Side } from '../state.js';
import { helpers } from './helpers-sql.js';
import { keys } from './keys.js';
import type { Look } from './look.js';

/** The model's module: a row a bucket. */
export const cells: MovingModule = {
  module: 'cells',
  ownership: 'by-key',
  tables: ['cell'],
  routingKey: 'code',
  transforms: {},
};

/** As both databases know each other: paired, proven, filled. Ids and starts are put in. */
const paired = `
  update strangler.ownership set epoch = 1, extracted_below = $1, capture = $2, asks = true, peer = case when $2 then $3::uuid end,
    peer_home = 'x', peer_since = case when $2 then now() end, peer_start = case when $2 then $4::timestamptz end,
    proven_start = strangler.server_start(), proven_by = case when $2 then 'peer' else 'nobody claims' end`;

interface Beginning {
  below: number;
  paired: boolean;
  peer: RealSide;
  start: string;
  peerStart: string;
}

/** One side of the model, as it really is: a database, and what a process on it has. */
export class RealSide {
  /** Whom it asks: what a test has fetched before. */
  answers: Answer[] = [];
  readonly continuity: Continuity;
  readonly store: ContinuityStore;
  readonly agent: SideAgent;
  readonly receiver: Receiver;
  readonly reader: BatchReader;
  readonly parking: Parking;
  readonly witness: WitnessFile;
  /** The sessions of relays that lead, or believe to. */
  sessions: RelaySession[] = [];
  /** Which of them is the leader's. */
  turn = 0;

  private constructor(
    readonly side: Side,
    readonly test: TestDatabase,
    readonly database: Database,
    readonly writer: Database,
    readonly tables: readonly MovingTable[],
    readonly witnessBase: string,
  ) {
    const name = sideName(side);
    const peer: Peer = {
      ask: () => Promise.reject(new Error('nobody is to ask here')),
      askAll: () => Promise.resolve(this.answers),
    };
    this.witness = new WitnessFile(witnessBase, cells.module);
    this.continuity = new Continuity(database, cells.module, peer, this.witness);
    this.store = new ContinuityStore(database, cells.module);
    this.agent = new SideAgent({
      database,
      module: cells,
      side: name,
      link: undefined,
      peer,
      witness: witnessBase,
    });
    this.receiver = new Receiver(database, tables, cells.module);
    // By the clock: not here. What it does, a hello does as well.
    Object.assign(this.receiver, { comparedAt: Infinity });
    this.reader = new BatchReader(cells.module, name, tables);
    this.parking = new Parking(cells.module, tables);
  }

  static async open(side: Side, witnessBase: string): Promise<RealSide> {
    const test = await freshDatabase();
    const database = new Database(test.url);
    await test.query(
      'create schema cells; create table cells.cell (code text primary key, seen integer not null)',
    );
    await database.query(`select strangler.create_idempotency_table('${cells.module}')`);
    await test.query(helpers);
    await new Ownership(database).ensure(cells.module, sideName(side));
    const tables = await describeTables(database, cells);
    await startCapture(database, tables);
    // In the order of the keys, so that a statement's first change is of the lowest.
    const writer = database.withSession({ enable_seqscan: 'off', enable_bitmapscan: 'off' }, 1);
    const real = new RealSide(side, test, database, writer, tables, witnessBase);
    real.sessions = [
      await RelaySession.open(database, cells.module),
      await RelaySession.open(database, cells.module),
    ];
    for (const { client } of real.sessions) await client.query('set idle_session_timeout = 0');
    await real.agent.start();
    return real;
  }

  /** As a scenario begins. */
  async begin({ below, paired: isPaired, peer, start, peerStart }: Beginning): Promise<void> {
    await this.database.query('select model.set_start($1)', [start]);
    const { database } = await peer.store.read();
    await this.database.query('select model.clear()');
    await this.database.query(paired, [below, isPaired, database, peerStart]);
    await this.database.query('select model.fill()');
    await this.followCapture(isPaired);
  }

  /** What is kept outside of the database. */
  async beginWitness(): Promise<void> {
    this.witness.forget();
    const { start, epoch, life, term } = await this.store.read();
    this.witness.begin({ start, epoch, life, term, pruned: { term: 1, seq: 1 }, received: [] });
  }

  async look(): Promise<Look> {
    const [row] = await this.database.query<{ look: Look }>('select model.look($1) as look', [keys]);
    return row!.look;
  }

  async dump(): Promise<string> {
    const [row] = await this.database.query<{ dump: string }>('select model.dump()::text as dump');
    return row!.dump;
  }

  /** Everything is as it was in the dump. */
  async load(dump: string): Promise<void> {
    await this.database.query('select model.load($1)', [dump]);
    await this.followCapture(
      (JSON.parse(dump) as { ownership: { capture: boolean }[] }).ownership[0]!.capture,
    );
  }

  private captures = true;
  /** Triggers stand where they stood when the dump was made. */
  async followCapture(captures: boolean): Promise<void> {
    if (captures === this.captures) return;
    await (captures ? startCapture : stopCapture)(this.database, this.tables);
    this.captures = captures;
  }

  captureStarted(): void {
    this.captures = true;
  }

  async close(): Promise<void> {
    for (const session of this.sessions) session.close();
    await this.agent.stop();
    await this.database.close();
    await this.test.drop();
  }
}

export const sideName = (side: Side): SideName => (side === 0 ? 'monolith' : 'extracted');
