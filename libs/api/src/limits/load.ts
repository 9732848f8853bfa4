import type { OnModuleDestroy } from '@nestjs/common';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { refusal } from '../errors/problems.js';

/** How busy a process is. */
export interface Busy {
  /** Commands of users that have begun and are not answered. */
  readonly commands: number;
  /** How late the event loop was on average in the last second, in ms. */
  readonly lateMs: number;
}

/** A loop that is so late, in ms, has more to do than it can. */
const lateMost = 250;

/**
 * Whether lists are refused: as many commands are under way as there may be, or the process is late while a tenth as many wait. 0: never.
 * What costs most and can best be asked for again goes first, orders last (load shedding by criticality, as in Google's SRE book). Pure.
 */
export const shedsLists = ({ commands, lateMs }: Busy, most: number): boolean =>
  most > 0 && (commands >= most || (lateMs >= lateMost && commands * 10 >= most));

/** In ms: how often the loop is looked at, and for how long its delays are added up. */
const [lookMs, spanMs] = [20, 1_000];

/** Watches how busy this process is. */
export class Load implements OnModuleDestroy {
  private readonly delays = monitorEventLoopDelay({ resolution: lookMs });
  private readonly timer = setInterval(() => this.measure(), spanMs).unref();
  private commands = 0;
  private lateMs = 0;
  private refused = 0;

  /** `most`: as many commands under way, and lists are refused; 0: never. */
  constructor(private readonly most = 0) {
    this.delays.enable();
  }

  /** How many commands are under way, and how many lists were refused since the start. */
  get figures(): { commands: number; shed: number } {
    return { commands: this.commands, shed: this.refused };
  }

  /** Asked before a list is made. @throws `unavailable` while lists are refused. */
  assertTakesLists(): void {
    const { commands, lateMs } = this;
    if (!shedsLists({ commands, lateMs }, this.most)) return;
    this.refused++;
    throw refusal('unavailable', 'no lists just now: orders go first', { retryAfterSeconds: 2 });
  }

  /** A command begins. Returns what to call at its end. */
  begin(): () => void {
    this.commands++;
    return () => {
      this.commands--;
    };
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
    this.delays.disable();
  }

  private measure(): void {
    // Its figures have the time in them that was to pass, in ns; of nothing the mean is NaN.
    this.lateMs = Math.max(0, (this.delays.mean || 0) / 1e6 - lookMs);
    this.delays.reset();
  }
}
