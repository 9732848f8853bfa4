import type { History } from '../history.js';
import type { Outage } from './errors.js';

/** How often it looks, and how much work it does then, in ms. */
const lookMs = 1_000;
const workMs = 20;
/** Work that takes so many times as long as alone: others have the machine. */
const mostTimes = 5;
/** What was begun before may have had to wait, too, and what waits then comes on top, in ms. */
const aroundMs = 10_000;

/**
 * Sees when programs of others have the machine: then customers are turned away because too many wait (docs/what-if.md), which says nothing
 * of the shop. Only where other programs run beside the test.
 */
export class BusyMachine {
  readonly spans: Outage[] = [];
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly history: History) {
    this.timer = setInterval(() => this.look(), lookMs);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** The share of the time for which it was so, 0 to 1. */
  get share(): number {
    const busyMs = this.spans.reduce((sum, { began, ended }) => sum + ended - began, 0);
    return Math.min(1, busyMs / this.history.now());
  }

  private look(): void {
    if (slowness() < mostTimes) return;
    const now = this.history.now();
    const last = this.spans.at(-1);
    if (last && last.ended >= now - aroundMs) last.ended = now + aroundMs;
    else this.spans.push({ what: 'a busy machine', began: now - aroundMs, ended: now + aroundMs });
  }
}

/** How many times as long as it should some work takes now. */
function slowness(): number {
  const [from, before] = [performance.now(), process.cpuUsage()];
  let worked = 0;
  while (worked < workMs) {
    const { user, system } = process.cpuUsage(before);
    worked = (user + system) / 1_000;
  }
  return (performance.now() - from) / worked;
}
