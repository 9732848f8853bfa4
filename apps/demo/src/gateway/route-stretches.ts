import type { RouteStatus } from 'nestjs-strangler';
import { latenciesOf } from '#sample';
import { milliseconds } from '../stretch-text.js';
import type { Ledger } from './ledger.js';
import type { Visit } from './visits.js';

/** Answers of both upstreams that were compared. */
export interface Compared {
  compared: number;
  mismatches: number;
}

interface Mark {
  at: number;
  legacy: number;
  module: number;
  failed: number;
}

/** Tells what happened while a route was at one share. */
export class RouteStretches {
  private readonly compared = new Map<string, Compared>();
  private current: { status: RouteStatus; from: Mark } | undefined;

  constructor(
    private readonly ledger: Ledger,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** A look at a route. Gives the line of the stretch that has ended by it, if one has. */
  see(status: RouteStatus): string | undefined {
    const before = this.current;
    if (before?.status.route === status.route && before.status.percent === status.percent) {
      before.status = status;
      return undefined;
    }
    const ended = this.end();
    this.current = { status, from: this.mark(status.route) };
    return ended;
  }

  /** Ends the last stretch. */
  end(): string | undefined {
    if (this.current === undefined) return undefined;
    const { status, from } = this.current;
    this.current = undefined;
    const before = this.comparedOf(status.route);
    this.compared.set(status.route, {
      compared: before.compared + status.shadow.compared,
      mismatches: before.mismatches + status.shadow.mismatches,
    });
    return this.line(status, from);
  }

  comparedOf(route: string): Compared {
    return this.compared.get(route) ?? { compared: 0, mismatches: 0 };
  }

  private mark(route: string): Mark {
    const { failed, ms } = this.ledger.of(route as Visit['route']);
    return { at: this.now(), legacy: ms.legacy.length, module: ms.module.length, failed };
  }

  private line({ route, percent, shadow }: RouteStatus, from: Mark): string {
    const { ms } = this.ledger.of(route as Visit['route']);
    const to = this.mark(route);
    const median = (side: 'legacy' | 'module') => milliseconds(latenciesOf(ms[side].slice(from[side])).p50);
    return row([
      ...[route, `${percent} %`, `${((to.at - from.at) / 1_000).toFixed(1)} s`],
      ...[to.legacy - from.legacy, to.module - from.module, to.failed - from.failed, shadow.compared].map(
        String,
      ),
      ...[median('legacy'), median('module')],
    ]);
  }
}

/** The line above the stretches. */
export const stretchHead = (): string =>
  row(['route', 'share', 'time', 'legacy', 'module', 'failed', 'compared', 'p50 legacy', 'p50 module']);

const widths = [7, 9, 9, 8, 8, 10, 12, 12];
const row = ([name = '', ...cells]: readonly string[]): string =>
  `${name.padEnd(12)}${cells.map((cell, i) => cell.padStart(widths[i] ?? 8)).join('')}`;
