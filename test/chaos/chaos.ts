import { sleepUnless } from '#sample';
import { BusyMachine } from '../hazards/support/soak/busy-machine.js';
import type { Outage } from '../hazards/support/soak/errors.js';
import type { Load } from '../hazards/support/load.js';
import { recovered } from '../hazards/support/recovered.js';
import { Walks } from '../hazards/support/walks.js';
import { moduleNames } from '../support/module-names.js';
import { until } from '../support/until.js';
import { accountFor, type ChaosAccount } from './account.js';
import { Evidence, type ChaosShop, type Opened } from './chaos-shop.js';
import { describe, failingOf } from './faults/failing-of.js';
import type { Plan, PlannedFault, Round } from './plan.js';
import { restore } from './restore.js';

/** Customers who order, at once. */
const clients = 4;

/** What a run is made of. */
export interface ChaosParts {
  plan: Plan;
  seed: number;
  /** Orders a second, about. */
  rate: number;
  opened: Opened;
  folder: string;
  tell: (line: string) => void;
  stop: AbortSignal;
}

/** A shop, its customers, an operator who moves modules, and what fails; from the first order to the account. */
export class Chaos {
  private readonly outages: Outage[] = [];
  private readonly walks: Walks;
  /** What the operator is at: one thing after the other. */
  private turn: Promise<unknown> = Promise.resolve();
  private isOver = false;
  load: Load;
  private evidence: Evidence;

  constructor(private readonly parts: ChaosParts) {
    this.walks = new Walks(this.shop, parts.tell);
  }

  /** @throws when the shop does not come to rest. */
  async run(): Promise<ChaosAccount> {
    const { seed, rate, tell, plan } = this.parts;
    await this.shop.open();
    this.evidence = await Evidence.of(this.shop);
    const thinkMs = (2 * 1_000 * clients) / rate;
    this.load = await this.shop.customers({ seed, clients, thinkMs });
    tell(`the shop is open at ${this.shop.place.url}, and customers order`);
    const machine = new BusyMachine(this.load.history);
    try {
      await Promise.all([this.walk(), this.fail().finally(() => (this.isOver = true))]);
      tell('all is mended: modules go where they are to rest');
      await this.walks.goAll(plan.last);
      await this.rest(machine);
    } finally {
      machine.stop();
    }
    tell('the account is drawn up');
    return accountFor(this.shop, this.load, this.evidence, [...this.outages, ...machine.spans]);
  }

  async close(): Promise<void> {
    await this.evidence?.stop();
  }

  private get shop(): ChaosShop {
    return this.parts.opened.shop;
  }

  /** Customers go, and all that is under way ends. */
  private async rest(machine: BusyMachine): Promise<void> {
    const { history } = this.load;
    const goal = history.of('order', 'ok').length + 5;
    const more = () => history.of('order', 'ok').length >= goal || undefined;
    await until('customers order', more);
    await this.load.stop();
    machine.stop();
    for (const module of moduleNames) await this.shop.restsAt(module, this.parts.plan.last[module]);
  }

  private async walk(): Promise<void> {
    const { plan } = this.parts;
    while (!this.isOver) await this.inTurn(() => this.walks.go(plan.walks.next().value));
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.turn.then(work);
    this.turn = done.catch(() => undefined);
    return done;
  }

  private async fail(): Promise<void> {
    const begun = performance.now();
    for (const round of this.parts.plan.rounds) {
      await this.wait(begun + round.atMs - performance.now());
      await this.carryOut(round);
    }
  }

  private async carryOut(round: Round): Promise<void> {
    const { tell, seed } = this.parts;
    const { history } = this.load;
    const outages = 'restore' in round ? ['restore'] : round.faults.map(({ fault }) => fault.kind);
    const from = this.outages.length;
    this.outages.push(...outages.map((what) => ({ what, began: history.now(), ended: Infinity })));
    if ('restore' in round) await this.inTurn(() => this.putBack(round));
    else await Promise.all(round.faults.map((planned) => this.happen(planned)));
    await recovered(this.shop, this.load, `${outages.join(' and ')} (seed ${seed})`);
    for (const outage of this.outages.slice(from)) outage.ended = history.now();
    tell('all has recovered');
  }

  private putBack(round: Extract<Round, { restore: unknown }>): Promise<void> {
    const { shop, load, evidence, walks } = this;
    const { tell } = this.parts;
    return restore(round.restore, { shop, load, evidence, walks, tell, wait: (ms) => this.wait(ms) });
  }

  private async happen({ fault, afterMs, lastsMs }: PlannedFault): Promise<void> {
    const { opened, folder, tell } = this.parts;
    const failing = failingOf(fault, opened, folder);
    await this.wait(afterMs);
    tell(`${describe(fault)}, for ${(lastsMs / 1_000).toFixed(1)} s`);
    await failing.begin();
    await this.wait(lastsMs);
    tell(`${describe(fault)}: it is mended`);
    await failing.end();
  }

  /** @throws when somebody has had enough. */
  private async wait(ms: number): Promise<void> {
    await sleepUnless(this.parts.stop, Math.max(0, ms));
    this.parts.stop.throwIfAborted();
  }
}
