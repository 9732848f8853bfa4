import { Closing } from '#platform';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuMs, cpuSince, type Machines } from '../cpu.js';
import { crowdOf } from '../orders/crowd.js';
import { intervalOf } from '../pairs.js';
import { reached, report, type Figure } from '../report.js';
import { alternate, median, type Contender } from '../rounds.js';
import type { BenchServers } from '../servers.js';
import { Board } from './board.js';

/** Its process, as the orders' shop calls it. The sessions of its database come and go when it is at rest: their time does not add up. */
const shop = "the monolith's Node";
const none = 'no page';
const one = 'one page open';
/** Of one core, in per cent. */
const mostPercent = 1;
const perSecond = 1;
/** Of an order: the invoices of the sample are those of a wholesaler. */
const lines = 2;
/** What a page asks when it is opened is over, and what was under way when one was closed, in ms. */
const settlingMs = 1_500;

/** What the operator's page costs the shop that it shows: its CPU with nobody looking, and with one page open, in turn. */
export async function page(servers: BenchServers, quick: boolean): Promise<boolean> {
  const closing = new Closing();
  try {
    const customers = await crowdOf(servers, { inventory: 'monolith', name: 'page', lines }, closing);
    const board = await Board.of(customers.shop.adminUrl, closing);
    const { machines } = customers.shop;
    const work = (ms: number) => customers.pacing('', { perSecond, ms }).rate();
    const closed = new Used(none, machines, work);
    const open = new Used(one, machines, work, (round) => board.openWhile(round));
    await alternate([closed, open], quick ? { rounds: 2, ms: 2_000 } : { rounds: 16, ms: 10_000 });
    return await report('page', {}, figuresOf(closed, open, customers.failed), {
      percent: { [none]: closed.percent, [one]: open.percent },
    });
  } finally {
    await closing.closeAll();
  }
}

/** A contender whose rounds are times: it notes how much of one core the shop's process uses, in per cent. */
class Used implements Contender {
  /** The first is the warm-up. */
  private readonly all: number[] = [];

  constructor(
    readonly name: string,
    private readonly machines: Machines,
    private readonly work: (ms: number) => Promise<unknown>,
    private readonly during: (round: () => Promise<void>) => Promise<void> = (round) => round(),
  ) {}

  get percent(): readonly number[] {
    return this.all.slice(1);
  }

  async rate(ms: number): Promise<number> {
    await this.during(async () => {
      await sleep(settlingMs);
      const [began, before] = [performance.now(), await cpuMs(this.machines)];
      await this.work(ms);
      const used = cpuSince(before, await cpuMs(this.machines))[shop] ?? NaN;
      this.all.push((100 * used) / (performance.now() - began));
    });
    return NaN;
  }
}

function figuresOf(closed: Used, open: Used, failed: Readonly<Record<string, number>>): Figure[] {
  const more = open.percent.map((percent, round) => percent - closed.percent[round]!);
  const lost = Object.values(failed).reduce((a, b) => a + b, 0);
  return [
    ...[closed, open].map(({ name, percent }) => ({
      figure: `CPU of the shop, ${name}, % of a core`,
      reached: median(percent),
    })),
    {
      figure: 'CPU of the shop, for the page, % of a core',
      atMost: mostPercent,
      ...reached(intervalOf(more)),
    },
    { figure: 'orders not placed', atMost: 0, reached: lost },
  ];
}
