import type { Answer, Question } from '../engine/identity/peer.js';
import type { WitnessFile } from '../engine/identity/witness-file.js';
import type { Database } from '../database/database.js';
import { otherSide, type Side } from '../routes/phase.js';
import { Receiver } from '../engine/replication/apply.js';
import type { Deliveries } from '../engine/replication/deliveries.js';
import { Relay, type RelayProofs } from '../engine/replication/relay.js';
import { sendTo, serveReplication } from './transport.js';
import type { NatsLink } from '../nats/link.js';
import type { MovingTable } from '../database/tables.js';
import { belongingOf } from './belonging.js';
import { serveSide, type Belonging } from './remote.js';
import type { SideControl } from './side.js';

/** What NATS carries, unless the server says otherwise, in bytes. */
const defaultMaxPayload = 1_048_576;

/** Between which sides, by what, and who answers here. */
export interface TrafficOptions {
  database: Database;
  module: string;
  /** This side. */
  side: Side;
  link: NatsLink;
  /** Its tables, as the catalogue has them now. */
  describe: () => Promise<readonly MovingTable[]>;
  deliveries: Deliveries;
  witness: WitnessFile | undefined;
  agent: SideControl & {
    answer(question: Question): Promise<Answer>;
    readonly proofs: RelayProofs;
    readonly tables: readonly MovingTable[];
  };
}

/** What one process takes from the other side of a module, and sends to it. */
export class Traffic {
  private relay: Relay | undefined;
  private listensAt: string | undefined;
  private stopListening: () => void = () => undefined;
  private readonly belonging: () => Promise<Belonging>;

  constructor(private readonly options: TrafficOptions) {
    this.belonging = belongingOf(options.database, options.module);
  }

  /** Where the database has another id since, it is not asked by the old one any more: its original is served no more. */
  listenAt(database: string): void {
    if (this.listensAt === database) return;
    const { link, module, side, describe, agent } = this.options;
    this.stopListening();
    this.listensAt = database;
    const place = { module, side, database };
    const receiver = new Receiver(
      this.options.database,
      agent.tables,
      module,
      () => void agent.prove(),
      describe,
    );
    const stops = [
      serveReplication(link, place, {
        apply: (frame) => receiver.apply(frame),
        answer: (question) => agent.answer(question),
      }),
      // The monolith's own controller asks it directly; nobody else has anything to ask for.
      ...(side === 'extracted' ? [serveSide(link, place, agent, this.belonging)] : []),
    ];
    this.stopListening = () => stops.forEach((stop) => stop());
  }

  /** Takes its turn at sending from now on, or no more. */
  async send(sends: boolean): Promise<void> {
    if (sends) this.relay ??= this.startRelay();
    else await this.stopRelay();
  }

  /** There is something to send. */
  wake(): void {
    this.relay?.wake();
  }

  async stop(): Promise<void> {
    this.stopListening();
    await this.stopRelay();
  }

  private async stopRelay(): Promise<void> {
    const { relay } = this;
    this.relay = undefined;
    await relay?.stop();
  }

  private startRelay(): Relay {
    const { database, module, side, link, describe, deliveries, witness, agent } = this.options;
    link.start();
    const relay = new Relay({
      database,
      module,
      side,
      tables: agent.tables,
      describe,
      send: sendTo(link, module, otherSide(side)),
      deliveries,
      ...agent.proofs,
      witness,
      maxPayload: () => link.current?.info?.max_payload ?? defaultMaxPayload,
    });
    relay.start();
    return relay;
  }
}
