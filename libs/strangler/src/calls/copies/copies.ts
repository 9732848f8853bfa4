import type { Msg } from '@nats-io/transport-node';
import { randomUUID } from 'node:crypto';
import { heard, type NatsLink } from '../../nats/link.js';
import type { Address } from '../../nats/subjects.js';
import type { CallObserver, FinishedCall } from '../call-observer.js';
import { Copy } from './copy.js';
import { reportIn, type CopyReport } from './leaving.js';
import { LoopDelay } from './recent-calls.js';

/** How long a copy waits for what the others say, in ms. */
const answersMs = 250;

/** In ms. */
export interface CopyTimes {
  /** How often a copy looks at how it does. */
  lookEveryMs: number;
  /** How long it is out the first time; it is doubled each time, up to twelve times as long. */
  awayMs: number;
}

const usual: CopyTimes = { lookEveryMs: 1_000, awayMs: 5_000 };

/**
 * The copies of services that this process is, one for each module that it serves over NATS. One that does much worse than the others leaves
 * its queue group for a while, so that callers get those that work: at most half of all copies, and nobody decides it but itself.
 */
export class Copies implements Pick<CallObserver, 'finished'> {
  private readonly id = randomUUID();
  private readonly loop = new LoopDelay();
  private readonly copies = new Map<string, { copy: Copy; address: Address; stop: () => void }>();
  private loopMs = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly link: NatsLink,
    private readonly times = usual,
  ) {}

  /** Whether this process takes no calls of the module now, for it does worse than others. */
  isOut(module: string): boolean {
    return this.copies.get(module)?.copy.isOut ?? false;
  }

  /** What each module's copy says of itself. */
  reports(): (CopyReport & { module: string })[] {
    return [...this.copies].map(([module, { copy }]) => ({ module, ...copy.report(this.loopMs) }));
  }

  finished(call: FinishedCall): void {
    this.copies.get(call.module)?.copy.finished(call);
  }

  /** From now on it is a copy of what is served there, and no other. `move` is called when one has left, or is back. */
  serve(addresses: readonly Address[], move: () => void): void {
    for (const [module, { address }] of this.copies)
      if (!addresses.some((each) => isSame(each, address))) this.drop(module);
    for (const address of addresses) if (!this.copies.has(address.module)) this.add(address, move);
    if (this.copies.size > 0) this.start();
    else this.stop();
  }

  /** It is no copy of anything any more. */
  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.loop.stop();
    for (const module of this.copies.keys()) this.drop(module);
  }

  private start(): void {
    if (this.timer) return;
    this.loop.start();
    this.timer = setInterval(() => this.look(), this.times.lookEveryMs).unref();
  }

  private look(): void {
    this.loopMs = this.loop.take();
    for (const { copy } of this.copies.values()) void copy.look(this.loopMs);
  }

  private add(address: Address, move: () => void): void {
    const { module } = address;
    const subject = this.link.subjects.copies(address);
    const others = async () => {
      const all = await copiesOn(this.link, address);
      return all.filter(({ id }) => id !== this.id);
    };
    const { awayMs } = this.times;
    const copy = new Copy({ id: this.id, module, awayMs, others, move });
    const answer = (message: Msg) => void message.respond(JSON.stringify(copy.report(this.loopMs)));
    const stop = this.link.listen((connection) => [
      connection.subscribe(subject, { callback: heard(answer) }),
    ]);
    this.copies.set(module, { copy, address, stop });
  }

  private drop(module: string): void {
    this.copies.get(module)?.stop();
    this.copies.delete(module);
  }
}

const isSame = (a: Address, b: Address): boolean =>
  a.module === b.module && a.side === b.side && a.database === b.database;

/** What all copies say that serve a module there. None where nobody does, or is reached. */
export async function copiesOn(link: NatsLink, at: Address): Promise<CopyReport[]> {
  const all: CopyReport[] = [];
  const how = { strategy: 'timer' as const, maxWait: answersMs };
  try {
    const answers = await link.current?.requestMany(link.subjects.copies(at), '', how);
    for await (const message of answers ?? []) {
      const report = reportIn(message.string());
      if (report) all.push(report);
    }
  } catch {
    // Nobody is there, or the connection has gone: so much is known.
  }
  return all;
}
