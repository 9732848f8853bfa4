import { backOffMs } from './back-off.js';
import { judgeOrder, judgeRest, type Outcome, type Verdict } from './outcome.js';
import { tokenOf, type Sessions } from './sessions.js';
import type { Item, ShopClient } from './shop-client.js';
import { sleepUnless } from './stop.js';
import type { Tally } from './tally.js';

/** An order to be sent. */
export interface Parcel {
  invoice: string;
  email: string;
  items: readonly Item[];
}

export interface CourierOptions {
  run: string;
  patienceMs: number;
  /** Stops waiting, not what is on its way. */
  stop: AbortSignal;
}

/** Brings one order to its end: logs its customer in, sends it, and sends it again while that makes sense. */
export class Courier {
  constructor(
    private readonly client: Pick<ShopClient, 'order'>,
    private readonly sessions: Sessions,
    private readonly tally: Tally,
    private readonly options: CourierOptions,
  ) {}

  async deliver(parcel: Parcel): Promise<Outcome> {
    const { patienceMs, stop } = this.options;
    const giveUpAt = performance.now() + patienceMs;
    for (let attempt = 1; ; attempt++) {
      const verdict = await this.attempt(parcel);
      if (verdict.kind === 'final') return verdict.outcome;
      const waitMs = backOffMs(attempt, verdict.afterMs);
      if (performance.now() + waitMs > giveUpAt) return { failed: verdict.code };
      if (!(await sleepUnless(stop, waitMs))) return 'unfinished';
      this.tally.retried(verdict.code);
    }
  }

  /** One try. A token that has expired meanwhile is renewed, once. */
  private async attempt(parcel: Parcel): Promise<Exclude<Verdict, { kind: 'log_in' }>> {
    for (let renewed = false; ; renewed = true) {
      const login = await this.sessions.logIn(parcel.email);
      const token = tokenOf(login);
      const verdict = token === undefined ? judgeRest(login) : await this.send(parcel, token);
      if (verdict.kind !== 'log_in') return verdict;
      if (renewed) return { kind: 'final', outcome: { failed: 'unauthenticated' } };
      await this.sessions.refused(parcel.email, token as string);
    }
  }

  private async send({ invoice, items }: Parcel, token: string): Promise<Verdict> {
    const key = `${this.options.run}-${invoice}`;
    const begun = performance.now();
    this.tally.firstSent(invoice, begun);
    const answer = await this.client.order(token, key, items);
    this.tally.answered(answer);
    this.tally.took(performance.now() - begun);
    return judgeOrder(answer);
  }
}
