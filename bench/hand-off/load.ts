import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { bucketOf } from '#strangler/routes/bucket';
import type { HandOffSides } from './sides.js';

/** One write, as its caller saw it; times in ms. */
export interface Write {
  bucket: number;
  began: number;
  ended: number;
  /** Some side has sent it away, and it was tried again. */
  refused: boolean;
}

const keys = Array.from({ length: 2_000 }, (_, i) => `K-${i}`);
const bucketOfKey = new Map(keys.map((key) => [key, bucketOf('counter', key)]));

/** A machine that cannot keep up shall show it in the rate, not by a queue without end. */
const mostOpen = 48;

/** Writes of many callers to random keys, until they are told to stop. */
export class WriteLoad {
  readonly writes: Write[] = [];
  private stopping = false;
  private readonly open = new Set<Promise<void>>();
  private readonly working: Promise<unknown>;

  /** `perSecond`: as many, whether or not they are answered in time; undefined: `callers`, each as fast as it can. */
  constructor(
    private readonly sides: HandOffSides,
    { perSecond, callers = 16 }: { perSecond?: number; callers?: number },
  ) {
    this.working = perSecond
      ? this.steadily(perSecond)
      : Promise.all(Array.from({ length: callers }, () => this.asFastAsItCan()));
    this.working.catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.working;
    await Promise.all(this.open);
  }

  private async steadily(perSecond: number): Promise<void> {
    const start = performance.now();
    for (let sent = 0; !this.stopping;) {
      const due = ((performance.now() - start) / 1_000) * perSecond;
      for (; sent < due; sent++) if (this.open.size < mostOpen) this.track(this.write());
      await sleep(1);
    }
  }

  private track(write: Promise<void>): void {
    this.open.add(write);
    // What fails is thrown by `stop`.
    write.then(
      () => this.open.delete(write),
      () => undefined,
    );
  }

  private async asFastAsItCan(): Promise<void> {
    while (!this.stopping) await this.write();
  }

  private async write(): Promise<void> {
    const name = keys[Math.floor(Math.random() * keys.length)]!;
    const commandId = randomUUID();
    const began = performance.now();
    await this.sides.port.add({ name }, { commandId });
    const ended = performance.now();
    this.writes.push({
      bucket: bucketOfKey.get(name)!,
      began,
      ended,
      refused: this.sides.refused.delete(commandId),
    });
  }
}
