import { isDomainError } from 'nestjs-strangler/contract';
import { inventory, users } from '#contracts';
import type { Closing } from '#platform';
import {
  ensureAdmin,
  loadSample,
  sampleModules,
  type LoadProgress,
  type SampleModule,
  type SamplePorts,
} from '#sample';
import { portToken, UnreadyError, type Port } from 'nestjs-strangler';
import type { INestApplication } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Settings } from './config.js';

/** How long the start waits for a module that is served elsewhere and not there yet, in ms. */
const patienceMs = 8_000;
const tryAgainMs = 1_000;

/**
 * Puts into the modules what a new shop needs: the sample and the admin account. It works through the ports, so it fills
 * whichever side a module is on.
 */
export class InitialData {
  private readonly open = new Set<SampleModule>(sampleModules);
  private stopped = false;
  private work: Promise<void> = Promise.resolve();
  private miss: () => void = () => undefined;
  private readonly missed = new Promise<void>((resolve) => (this.miss = resolve));

  constructor(
    private readonly settings: Settings,
    private readonly say: (line: string) => void,
  ) {}

  /** @throws when a module has not been filled yet. */
  assertDone(): void {
    if (this.open.size > 0) throw new UnreadyError(`still to be filled: ${[...this.open].join(', ')}`);
  }

  /** Fills all modules; those that cannot be reached in time are filled later, when they can. */
  async load(app: INestApplication, closing: Closing): Promise<void> {
    const ports: SamplePorts = {
      users: app.get<Port<typeof users>>(portToken(users)),
      inventory: app.get<Port<typeof inventory>>(portToken(inventory)),
    };
    closing.add(async () => {
      this.stopped = true;
      await this.work;
    });
    this.fillOpen(ports);
    await Promise.race([this.work, this.missed.then(() => sleep(patienceMs, undefined, { ref: false }))]);
    if (this.open.size > 0) {
      this.say(`${[...this.open].join(', ')}: not there yet; filled as soon as they can be reached`);
    }
  }

  private fillOpen(ports: SamplePorts): void {
    this.work = this.work.then(async () => {
      while (this.open.size > 0 && !this.stopped) {
        for (const module of [...this.open]) await this.fill(module, ports);
        if (this.open.size > 0) await sleep(tryAgainMs, undefined, { ref: false });
      }
    });
  }

  private async fill(module: SampleModule, ports: SamplePorts): Promise<void> {
    try {
      if (module === 'users') await this.makeAdmin(ports.users);
      if (this.settings.sample) await this.fillWithSample(module, ports);
      this.open.delete(module);
    } catch (error) {
      this.miss();
      const passing = isDomainError(error) && ['unavailable', 'outcome_unknown'].includes(error.code);
      if (!passing) this.say(`${module} could not be filled: ${(error as Error).message}`);
    }
  }

  private async makeAdmin(port: Port<typeof users>): Promise<void> {
    const { admin, dataDir } = this.settings;
    const { email, file, created } = await ensureAdmin(port, admin ?? { dataDir });
    if (created) this.say(`admin account: ${email}${file ? `, its password is in ${file}` : ''}`);
  }

  private async fillWithSample(module: SampleModule, ports: SamplePorts): Promise<void> {
    const options = { dataDir: this.settings.dataDir, onProgress: progressLine(this.say) };
    const { report } = await loadSample(ports, options, [module]);
    if (!report) return;
    const { lines, codes } = report;
    const counted = Object.entries(lines).map(([fate, count]) => `${count} ${fate}`);
    if (module === 'inventory') {
      this.say(
        `sample: ${codes.products} products; left out: ${codes.noGoods.length} codes that are no goods, ` +
          `${codes.notForSale.length} without a price; lines of the file: ${counted.join(', ')} (data/README.md)`,
      );
    }
  }
}

/** A line at every fifth of the way. */
const progressLine =
  (say: (line: string) => void) =>
  ({ module, done, total }: LoadProgress): void => {
    const step = Math.ceil(total / 5);
    if (done % step === 0 || done === total) say(`sample: ${module} ${done} of ${total}`);
  };
