import type { RouteStatus } from 'nestjs-strangler';
import { sleepUnless } from '#sample';
import type { Scene } from '../scene.js';
import type { Screen } from '../screen.js';
import { WalkError } from '../walk.js';
import { Customer } from './customer.js';
import { Ledger } from './ledger.js';
import { routeAccountText, routeFaults, type RouteAccount } from './route-account.js';
import { RouteStretches, stretchHead } from './route-stretches.js';
import { routeTour, type RouteLeg } from './route-tour.js';
import { openSite, type Site, type SiteParts } from './site.js';
import { Traffic } from './traffic.js';
import { movingRoutes, type MovingRoute } from './visits.js';

const pollMs = 200;
/** How long a route is looked at where it rests, ms. */
const restMs = 3_000;
/** A share takes seconds; on a machine that is busy its samples take longer. */
const patienceMs = 90_000;

/** The second scene: routes of an application that knows nothing of it move, one after the other. */
export class RouteDemo implements Scene {
  private readonly began = performance.now();
  private readonly ledger = new Ledger();
  private readonly stretches = new RouteStretches(this.ledger);
  private readonly shares = new Map<MovingRoute, number>();
  private last: RouteStatus | undefined;

  /** @param rate requests a second */
  constructor(
    private readonly rate: number,
    private readonly parts: Omit<SiteParts, 'say'>,
    private readonly screen: Screen,
  ) {}

  async run(): Promise<{ text: string; faults: readonly string[] } | undefined> {
    const { screen, parts, ledger } = this;
    const { stop } = parts;
    const say = (line: string) => screen.print(line);
    const site = await openSite({ ...parts, say });
    if (stop.aborted) return undefined;
    const traffic = await Traffic.at(site.url, this.rate, ledger);
    say(`${traffic.customers.length} customers have signed up\n\n${stretchHead()}`);
    traffic.start();
    try {
      for (const [i, leg] of routeTour.entries()) if (!stop.aborted) await this.go(leg, i, site);
    } finally {
      await traffic.end();
    }
    if (stop.aborted) return undefined;
    const account = await this.account(site, traffic.customers);
    return { text: routeAccountText(account), faults: routeFaults(account) };
  }

  get standing(): string {
    const { sent, failed } = this.ledger;
    const place = this.last ? `${this.last.route} was at ${this.last.percent} %` : 'no route had moved';
    return `${place}; ${sent} requests sent, ${failed} failed`;
  }

  /** Says in the file where a route is to be, and watches it until it is there. */
  private async go({ route, to }: RouteLeg, leg: number, site: Site): Promise<void> {
    const { stop } = this.parts;
    this.shares.set(route, to);
    await site.want(this.shares);
    let seen = '';
    let since = performance.now();
    let arrived: number | undefined;
    while (await sleepUnless(stop, pollMs)) {
      const now = performance.now();
      const status = await this.look(route, leg, site);
      if (status.paused) throw new WalkError(`${route} went back: ${status.waitingFor ?? 'it was paused'}`);
      if (status.percent === to) arrived ??= now;
      if (arrived !== undefined && now - arrived >= restMs) return;
      const footprint = JSON.stringify([status.percent, status.wanted]);
      if (footprint !== seen) [seen, since] = [footprint, now];
      if (arrived === undefined && now - since >= patienceMs) {
        throw new WalkError(
          `${route} stands at ${status.percent} %: ${status.waitingFor ?? 'nothing is said'}`,
        );
      }
    }
  }

  private async look(route: MovingRoute, leg: number, site: Site): Promise<RouteStatus> {
    const status = await site.admin.route(route);
    this.last = status;
    const ended = this.stretches.see(status);
    if (ended !== undefined) this.screen.print(ended);
    const { sent, failed } = this.ledger;
    this.screen.show(
      [
        `[${leg + 1}/${routeTour.length}] ${route} ${status.percent} %`,
        `${sent.toLocaleString('en-GB')} requests`,
        `${failed} failed`,
        ...(status.waitingFor === null ? [] : [status.waitingFor]),
      ].join(' · '),
    );
    return status;
  }

  private async account(site: Site, customers: readonly Customer[]): Promise<RouteAccount> {
    const last = this.stretches.end();
    if (last !== undefined) this.screen.print(last);
    this.screen.show('looking into the baskets');
    const baskets: RouteAccount['baskets'][number][] = [];
    for (const customer of customers) {
      baskets.push({ told: customer.added, found: await customer.at(site.upstreams.legacy).pieces() });
    }
    const ends = movingRoutes.map(async (route) => {
      const { percent } = await site.admin.route(route);
      return [route, { percent, ...this.stretches.comparedOf(route) }] as const;
    });
    const routes = new Map(await Promise.all(ends));
    return { seconds: (performance.now() - this.began) / 1_000, ledger: this.ledger, routes, baskets };
  }
}
