import { OutcomeUnknownError } from 'nestjs-strangler/contract';
import { withContext, type Port } from 'nestjs-strangler';
import { LocalModules } from '#strangler/calls/local-modules';
import { routeOf, Routes, type RouteEntry } from '#strangler/routes/routes';
import { Router } from '#strangler/calls/router';
import { buckets } from '#strangler/routes/bucket';
import type { HandOff } from '#strangler/control/store/hand-off-plan';
import { handOffProblems } from '#strangler/control/conditions/hand-off-problems';
import { defaultSettings } from '#strangler/control/config/settings';
import { SteadyClock } from '#strangler/control/terms/clock';
import {
  handOff,
  planHandOff,
  type HandOffEnd,
  type HandOffOptions,
} from '#strangler/control/steps/hand-off';
import type { RemoteCalls } from '#strangler/calls/side-calls';
import { Sides } from '../../support/sides.js';
import { until } from '../../support/until.js';
import { tally } from './tally.js';
import { TwinSide } from './twin-side.js';

/** How a call between processes goes: `deliver` carries it out. */
export type Delivery = (deliver: () => Promise<unknown>) => Promise<unknown>;

/** The processes that callers stand in; a gateway stands on no side. */
export const places = ['monolith', 'extracted', 'gateway'] as const;
export type Place = (typeof places)[number];

/** The answer is lost on its way back. */
export const lostReply: Delivery = async (deliver) => {
  await deliver();
  throw new OutcomeUnknownError('tally', 'o', 'c');
};
/** The call never arrives. */
export const neverCame: Delivery = () => Promise.reject(new OutcomeUnknownError('tally', 'o', 'c'));

/**
 * Both sides of one module in this process, without a controller and without NATS: a hand-off is as the controller does it,
 * and takes some milliseconds. What callers believe of the owner is told to them by the test, or not.
 */
export class Twin extends Sides<TwinSide> {
  readonly routes: Readonly<Record<Place, Routes>>;
  readonly ports: Readonly<Record<Place, Port<typeof tally>>>;
  /** How calls between processes go from now on. */
  delivery: Delivery = (deliver) => deliver();

  private constructor(monolith: TwinSide, extracted: TwinSide) {
    super('tally', monolith, extracted);
    this.routes = { monolith: monolith.routes, extracted: extracted.routes, gateway: new Routes() };
    this.ports = {
      monolith: this.port('monolith'),
      extracted: this.port('extracted'),
      gateway: this.port('gateway'),
    };
  }

  /** Both sides; the monolith owns all. */
  static async open({ captured = true } = {}): Promise<Twin> {
    const [monolith, extracted] = await Promise.all([TwinSide.open('monolith'), TwinSide.open('extracted')]);
    const twin = new Twin(monolith, extracted);
    if (captured) await twin.begin();
    twin.tell(0);
    return twin;
  }

  /** Captures no more, as on the way back to monolith. */
  async end(): Promise<void> {
    await Promise.all([this.monolith.end(), this.extracted.end()]);
  }

  /** Tells these processes the border. */
  tell(below: number, whom: readonly Place[] = places, more: Partial<RouteEntry> = {}): void {
    const entry = { ...routeOf('shifting'), extractedBelow: below, ...more };
    for (const place of whom) this.routes[place].replace({ tally: entry });
  }

  /** A hand-off to this border from where it is; begins when nothing stands against it. */
  async plan(below: number): Promise<HandOff> {
    const states = await until('nothing stands against a hand-off', async () => {
      const states = await this.states();
      return handOffProblems(states, defaultSettings.gates).length === 0 ? states : undefined;
    });
    return planHandOff(below, states);
  }

  /** Hands off so that `percent` of the buckets are the extracted side's. Nobody is told. */
  async handOff(percent: number, options: Partial<HandOffOptions> = {}): Promise<HandOffEnd> {
    return this.carryOut(await this.plan((percent * buckets) / 100), options);
  }

  /** Carries out a hand-off, whatever stands against it. */
  carryOut(plan: HandOff, options: Partial<HandOffOptions> = {}): Promise<HandOffEnd> {
    return handOff(this.controls, plan, {
      clock: new SteadyClock(),
      drainMs: 20_000,
      writersMs: 20_000,
      ...options,
    });
  }

  /** All that was written is on both sides, and all that was there before is copied. */
  async quiet(): Promise<void> {
    await until('both outboxes are empty', async () => {
      const { monolith, extracted } = await this.states();
      const left = [monolith, extracted].some(({ outgoing }) => outgoing.pending > 0);
      return left || monolith.outgoing.backfill.some(({ done }) => !done) ? undefined : true;
    });
  }

  private port(place: Place): Port<typeof tally> {
    const side = place === 'gateway' ? undefined : place;
    const modules = new LocalModules(side);
    if (side) modules.add(this[side].executor);
    return new Router(this.routes[place], modules, this.remote()).port(tally);
  }

  private remote(): RemoteCalls {
    return {
      call: ({ name }, side, input, { commandId, undoOf, cancel }) =>
        this.delivery(() =>
          withContext({ requestId: 'far', servedBy: new Map() }, () =>
            this[side].executor.execute(name, input, commandId, { undoOf, cancel }),
          ),
        ),
    };
  }
}
