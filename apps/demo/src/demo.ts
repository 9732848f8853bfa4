import type { ModuleStatus } from 'nestjs-strangler';
import { faultsOf } from './account.js';
import { accountText } from './account-text.js';
import { closeBooks } from './closing-account.js';
import { Journey } from './journey.js';
import { liveText, rateOf, secondsLeft } from './live-text.js';
import { openShop, type Shop, type ShopParts } from './open-shop.js';
import type { Scene } from './scene.js';
import type { Screen } from './screen.js';
import { stretchHead, stretchText } from './stretch-text.js';
import { placeOf, type Leg } from './tour.js';
import { linger, walk, type WalkOptions } from './walk.js';

/** How long a module is looked at where it rests, ms: what the shop is like there. */
const restMs = 4_000;

/** The demo from its beginning to its account. */
export class Demo implements Scene {
  private readonly began = performance.now();
  private readonly taken: number[] = [];
  private legBegan = 0;
  private last: ModuleStatus | undefined;

  constructor(
    private readonly tour: readonly Leg[],
    private readonly parts: Omit<ShopParts, 'say'>,
    private readonly screen: Screen,
    private readonly stop: AbortSignal,
  ) {}

  /** Runs it; undefined when it was stopped on the way. @throws {StartError} @throws {WalkError} @throws {Failure} */
  async run(): Promise<{ text: string; faults: readonly string[] } | undefined> {
    const { screen, stop, parts } = this;
    const shop = await openShop({ ...parts, say: (line) => screen.print(line) });
    if (stop.aborted) return undefined;
    screen.print(`\n${stretchHead()}`);
    shop.load.start();
    await this.wander(shop);
    screen.show('the last orders are on their way');
    await shop.load.end();
    const away = [...new Set(this.tour.map(({ module }) => module))];
    const seconds = () => (performance.now() - this.began) / 1_000;
    const doing = (what: string) => screen.show(what);
    if (stop.aborted) return undefined;
    const account = await closeBooks(shop, parts.book, { away, seconds, doing, stop });
    return { text: accountText(account), faults: faultsOf(account) };
  }

  /** Where things are, in one sentence. */
  get standing(): string {
    const { promised, errorCount } = this.parts.book;
    const place = this.last ? `${this.last.module} was at ${placeOf(this.last)}` : 'no module had moved';
    return `${place}; ${promised.size} orders placed, ${errorCount} errors seen by callers`;
  }

  private async wander({ admin, load }: Shop): Promise<void> {
    const { screen, stop, tour } = this;
    const { book } = this.parts;
    const running = () => ({
      orderMs: load.orderMs,
      promisedAt: book.promisedAt,
      errorCount: book.errorCount,
    });
    const journey = new Journey(running, (stretch) => screen.print(stretchText(stretch)));
    const onStatus = (status: ModuleStatus) => {
      this.last = status;
      journey.see(status);
      screen.show(this.live(status));
    };
    try {
      for (const leg of tour) if (!stop.aborted) await this.go(leg, { admin, onStatus, stop });
    } finally {
      journey.end();
    }
  }

  private async go(leg: Leg, options: WalkOptions): Promise<void> {
    this.legBegan = performance.now();
    if (leg.to === 'extracted') {
      const opening = this.parts.fleet.openService(leg.module);
      await Promise.all([opening, linger(leg.module, restMs, options)]);
    }
    await walk(leg, options);
    await linger(leg.module, restMs, options);
    this.taken.push((performance.now() - this.legBegan) / 1_000);
  }

  private live(status: ModuleStatus): string {
    const { book } = this.parts;
    const now = performance.now();
    return liveText({
      leg: this.taken.length,
      legs: this.tour.length,
      status,
      ordersPerSecond: rateOf(book.promisedAt, now),
      errors: book.errorCount,
      left: secondsLeft(this.tour, this.taken, (now - this.legBegan) / 1_000),
    });
  }
}
