import { Logger } from '@nestjs/common';
import type { Database } from '../../database/database.js';
import { described } from '../../database/failure.js';
import type { Owned } from '../../routes/member.js';
import type { MovingTable } from '../../database/tables.js';
import type { Holds } from '../identity/conclude.js';
import { heldSentence } from '../identity/held.js';
import { pair } from '../identity/pairing.js';
import {
  NobodyServesError,
  type Answer,
  type Asking,
  type Held,
  type Peer,
  type Question,
} from '../identity/peer.js';
import type { Standpoint } from '../identity/standing.js';
import { ContinuityStore, WritersInsideError } from './store.js';
import { giveUp, takeOver, takeWhole } from './take-over.js';
import type { WitnessFile } from '../identity/witness-file.js';
import { agrees, inNeither, witnessOf, type Witness } from '../identity/witness.js';

/** A hello that another one has overtaken is said again so often. */
const tries = 5;

/**
 * Proves that the database of one side still holds what it confirmed, before it takes a write on a new start of its server; and
 * answers the peer, which does the same. In each process; callers share one proof.
 */
export class Continuity {
  /** Null: it takes writes, or nobody has tried yet. */
  held: Held | null = null;
  private readonly store: ContinuityStore;
  private readonly logger: Logger;
  private proving: Promise<boolean> | undefined;
  /** When the peer has said last what it has, by `performance.now()`. */
  private comparedAt = -Infinity;

  constructor(
    private readonly database: Database,
    private readonly module: string,
    private readonly peer: Peer,
    /** What is kept outside of the database; undefined: only the peer can prove a start. */
    private readonly witness?: WitnessFile,
  ) {
    this.store = new ContinuityStore(database, module);
    this.logger = new Logger(`${Continuity.name} ${module}`);
  }

  standpoint(): Promise<Standpoint> {
    return this.store.read();
  }

  /** Comes to know the other side. @throws when it belongs to another one already. */
  async pair(told: Standpoint): Promise<void> {
    await pair(this.database, this.module, told);
    this.witness?.begin(witnessOf(await this.store.read(), told));
  }

  /** Whether this side may take writes now. Says hello when it may not, or when nobody but a witness has proven it. */
  prove(): Promise<boolean> {
    return this.attemptOnce({ moving: false });
  }

  private attemptOnce(how: Attempting): Promise<boolean> {
    return (this.proving ??= this.attempts(how).finally(() => (this.proving = undefined)));
  }

  /** Whether the peer, asked anew, has said that nothing is missing here. */
  async compareAnew(): Promise<boolean> {
    // What it was asked before may be older than what is to be compared.
    await this.proving?.catch(() => undefined);
    const since = performance.now();
    return (await this.attemptOnce({ moving: true })) && this.comparedAt >= since;
  }

  /** This database lacks what it had confirmed: it takes no write before the peer was asked. */
  async doubt(): Promise<boolean> {
    await this.store.unprove({ moving: true });
    return this.attemptOnce({ moving: true });
  }

  /** Of a side that is not paired: the database that a shop has in its place; undefined: none that answers. */
  async elsewhere(): Promise<Owned | undefined> {
    const asking = askingOf(await this.store.read());
    const answers = await this.peer.askAll({ kind: 'number', to: null, ...asking }).catch(() => []);
    for (const answer of answers)
      if (answer.kind === 'foreign' && answer.peer !== null)
        return { shop: answer.database, database: answer.peer, since: answer.peerSince };
    return undefined;
  }

  /** An operator's word: this side owns everything. False: it is at another epoch. */
  async takeOver(epoch: number, tables: readonly MovingTable[]): Promise<boolean> {
    const taken = await takeOver(this.database, this.module, { epoch, tables });
    if (taken) this.witness?.begin(witnessOf(await this.store.read()));
    return taken;
  }

  /** An operator's word that this database is as it was, on this start of its server. */
  async serveUnproven(start: string): Promise<boolean> {
    return (await this.store.proveStart(start, 'operator')) && this.free();
  }

  /** The first step of `rejoin`, on the side that was put back. */
  giveUp(epoch: number): Promise<boolean> {
    return giveUp(this.database, this.module, epoch);
  }

  /** The second one, on the side that has everything. */
  takeWhole(epoch: number, tables: readonly MovingTable[]): Promise<boolean> {
    return takeWhole(this.database, this.module, { epoch, tables });
  }

  /** What this side says to the other one. */
  async answer(question: Question): Promise<Answer> {
    const standing = await this.store.read();
    if (isFromBeforePairing(standing, question)) {
      await this.store.mark({ database: question.from, home: question.home });
      return this.answer(question);
    }
    const { database, home, peer, peerHome, peerSince, capture, epoch, knownAs } = standing;
    const unpaired = peer === null && capture;
    const moved = peer !== null && peer === question.knownAs;
    const stranger = peer !== question.from && !unpaired && !moved;
    // Only when its original serves no more does a moved database stand in its place.
    if (stranger || (moved && (await this.isServed(peer, standing))))
      return { kind: 'foreign', database, peer, peerHome, peerSince };
    if (question.kind === 'number') {
      const told = question.knownAs !== null && { told: standing };
      return {
        kind: 'number',
        number: await this.store.helloNumber(),
        database,
        home,
        capture,
        epoch,
        knownAs,
        ...told,
      };
    }
    const told = await this.store.greet(question);
    return told ? { kind: 'told', told } : { kind: 'void' };
  }

  private async attempts(how: Attempting): Promise<boolean> {
    for (let attempt = 1; attempt <= tries; attempt++) {
      const proven = await this.attempt(await this.store.read(), how);
      if (proven !== undefined) return proven;
    }
    return false;
  }

  /** Undefined: another hello has come meanwhile, or a server has restarted. */
  private async attempt(mine: Standpoint, { moving }: Attempting): Promise<boolean | undefined> {
    if (moving && !mine.capture) return false;
    if (mine.moved && mine.capture) return this.standInPlace(mine);
    if (mine.standing === 'rolled back' && mine.knownAs === null) return this.hold({ kind: mine.standing });
    if (!mine.capture && mine.standing === null) {
      // There is no NATS to ask at, and none is started for it.
      if (mine.proven && mine.provenBy === null) return this.free();
      return this.askWhoClaims(mine);
    }
    let answer: Answer;
    try {
      answer = await this.peer.ask({ kind: 'number', to: mine.peer, ...askingOf(mine) }, mine.peer);
      if (answer.kind === 'number') answer = await this.hello(mine, answer);
    } catch (error) {
      return this.withoutPeer(mine, (error as Error).message);
    }
    return this.end(mine, answer);
  }

  private hello(mine: Standpoint, { number, database }: Answer & { kind: 'number' }): Promise<Answer> {
    return this.peer.ask({ kind: 'hello', number, start: mine.start, ...askingOf(mine) }, database);
  }

  private async end(mine: Standpoint, answer: Answer): Promise<boolean | undefined> {
    if (answer.kind === 'foreign') {
      // Another database stands in the place of this one, whatever has been proven before.
      if (answer.database === mine.peer) await this.store.unprove();
      return this.hold({ kind: 'foreign', foreign: answer });
    }
    return answer.kind === 'told' ? this.compare(mine, answer.told) : undefined;
  }

  /**
   * A database that was moved stands in the place of the one that it was, once nobody serves that one any more, and nothing is missing here.
   * It sees that before it says hello: from then on the peer takes it for the other side.
   */
  private async standInPlace(mine: Standpoint): Promise<boolean | undefined> {
    const held = (why: Extract<Held, { kind: 'moved' }>['why'], detail: string, told?: Standpoint) =>
      this.hold({ kind: 'moved', why, detail, ...(told && { told }) });
    try {
      const answers = await this.peer.askAll({ kind: 'number', to: null, ...askingOf(mine) });
      const answer = answers.find((each) => isPeerOf(mine, each));
      if (answer?.kind === 'foreign' && answer.peer === mine.knownAs)
        return held(
          'its original is served',
          `the database ${mine.knownAs}, which it was made from, is still served`,
        );
      if (answer?.kind === 'foreign') return this.hold({ kind: 'foreign', foreign: answer });
      if (answer?.kind !== 'number' || !answer.told)
        return held('nobody answers', `its peer ${mine.peer} does not answer`);
      const { outcome, proven } = await this.store.foresee(answer.told);
      if (!proven) return held('it lacks something', outcome, answer.told);
      return await this.end(mine, await this.hello(mine, answer));
    } catch (error) {
      return held('nobody answers', (error as Error).message);
    }
  }

  private isServed(database: string, mine: Standpoint): Promise<boolean> {
    return this.peer.ask({ kind: 'number', to: database, ...askingOf(mine) }, database).then(
      () => true,
      (error: unknown) => !(error instanceof NobodyServesError),
    );
  }

  private async compare(asked: Standpoint, told: Standpoint): Promise<boolean | undefined> {
    await this.reportLost(told);
    const conclusion = await this.store.conclude(asked, told).catch(writersInside);
    if (!conclusion) return undefined;
    if ('pids' in conclusion) return this.hold({ kind: 'writers inside', pids: conclusion.pids });
    this.comparedAt = performance.now();
    const { outcome, proven, standing } = conclusion;
    this.logger[standing === 'rolled back' ? 'error' : 'log'](outcome);
    if (proven) this.witness?.begin(witnessOf(await this.store.read(), told));
    if (proven) return this.free();
    return this.hold({ kind: standing ?? 'rolled back' });
  }

  /** Of a module that was never paired here: a service that belongs to this database knows of a pairing that it has lost. */
  private async askWhoClaims(mine: Standpoint): Promise<boolean> {
    const question: Question = { kind: 'number', to: null, ...askingOf(mine) };
    const answers = await this.peer.askAll(question).catch((error: unknown) => {
      this.logger.warn({ msg: 'nobody could be asked who claims the module', error: described(error) });
      return [];
    });
    for (const answer of answers) {
      if (answer.kind !== 'number' || !isClaim(answer, mine)) continue;
      await this.store.mark(answer);
      return this.hold({ kind: 'rolled back' });
    }
    // The file knows of a pairing that this database does not, and nobody who could say more is there.
    if (answers.length === 0 && this.witness?.read() !== undefined)
      return this.hold({
        kind: 'no witness',
        detail: `${this.witness?.path} knows of its peer, and nobody answers`,
      });
    await this.introduce(mine, answers);
    return (await this.store.proveStart(mine.start, 'nobody claims')) && this.free();
  }

  /** To the side that this one was paired with, while the module is at home: nothing is at stake there. */
  private async introduce(mine: Standpoint, answers: readonly Answer[]): Promise<void> {
    const peer = mine.knownAs === null ? undefined : answers.find((each) => isPeerOf(mine, each));
    if (peer?.kind === 'number' && (await this.hello(mine, peer)).kind === 'told')
      await this.store.introduced();
  }

  private async withoutPeer(mine: Standpoint, detail: string): Promise<boolean> {
    if (mine.provenBy !== null && mine.standing === null) return this.free();
    if (await this.byWitness()) return this.free();
    return this.hold({ kind: 'no witness', detail });
  }

  /** If both were put back, each may pass for whole beside the other: only what is kept outside of them tells. */
  private async reportLost(told: Standpoint): Promise<void> {
    const witness = this.witness?.read();
    const lost = witness && inNeither(witness, ...(await this.heldNow(witness)), told);
    if (!lost || !this.witness) return;
    this.witness.report({ since: await this.store.wholeAt(), until: this.witness.answeredUntil(), ...lost });
    this.logger.error({ msg: 'both databases were put back', ...this.witness.unprovable() });
  }

  /**
   * Which rows that the other side had stored are still here, and only then where this side stands. Another process of this side may
   * lead meanwhile: what the witness has of it is in the outbox, or it was confirmed, and then this side stands beyond it.
   */
  private async heldNow({ received }: Witness): Promise<[Holds, Standpoint]> {
    const ids = await this.store.idsHere(received.flatMap((each) => each.ids));
    return [(of) => of.every((id) => ids.has(id)), await this.store.read()];
  }

  private async byWitness(): Promise<boolean> {
    const witness = this.witness?.read();
    if (!witness) return false;
    const [holds, mine] = await this.heldNow(witness);
    if (mine.standing !== null || !agrees(witness, mine, holds)) return false;
    // From here on an answer to what an earlier start has sent is not told any more.
    this.witness?.begin({ ...witness, start: mine.start });
    const proven = await this.store.proveStart(mine.start, 'witness');
    if (proven) this.logger.log(`proven by ${this.witness?.path}; its peer is asked as soon as it answers`);
    return proven;
  }

  private hold(held: Held): false {
    if (this.held?.kind !== held.kind) this.logger.warn(heldSentence(this.module, held));
    this.held = held;
    return false;
  }

  private free(): true {
    if (this.held) this.logger.log(`${this.module} takes writes again`);
    this.held = null;
    return true;
  }
}

function writersInside(error: unknown): WritersInsideError {
  if (error instanceof WritersInsideError) return error;
  throw error;
}

/**
 * `moving`: a relay asks. While capture ends the other side still claims what it has copied: of a module that is at home by then nothing is
 * to be proven.
 */
interface Attempting {
  moving: boolean;
}

const askingOf = ({ database: from, home, knownAs }: Standpoint): Asking => ({ from, home, knownAs });

/** It is the database that this one was paired with, or says that it was. */
const isPeerOf = ({ peer }: Standpoint, answer: Answer): boolean =>
  'database' in answer && (answer.database === peer || (answer.kind === 'number' && answer.knownAs === peer));

/** The other side takes this database for its peer, which has never heard of it. */
const isFromBeforePairing = (mine: Standpoint, question: Question): boolean =>
  question.kind === 'number' && question.to === mine.database && mine.peer === null && !mine.capture;

/** It moves this database's module, and has heard of no end of that: an end raises the epoch. */
const isClaim = (answer: Pick<Standpoint, 'capture' | 'epoch'>, mine: Standpoint): boolean =>
  answer.capture && answer.epoch >= mine.epoch;
