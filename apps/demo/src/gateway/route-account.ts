import { latenciesOf } from '#sample';
import { duration } from '../live-text.js';
import { milliseconds } from '../stretch-text.js';
import type { Ledger } from './ledger.js';
import { moduleOf, movingRoutes, staying, type MovingRoute, type Visit } from './visits.js';

/** What is known of a route when the tour is over. */
export interface RouteEnd {
  /** The share of the module, in percent. */
  percent: number;
  /** GETs that both upstreams were asked, and those of them that they answered otherwise. */
  compared: number;
  mismatches: number;
}

/** All that is known at the end. */
export interface RouteAccount {
  seconds: number;
  ledger: Ledger;
  routes: ReadonlyMap<MovingRoute, RouteEnd>;
  /** Pieces that customers were told are in their baskets, and that the legacy application itself finds there. */
  baskets: readonly { told: number; found: number }[];
}

/** Everything that must not be, in sentences; nothing after a good demo. */
export function routeFaults({ ledger, routes, baskets }: RouteAccount): string[] {
  const wrong = baskets.filter(({ told, found }) => told !== found).length;
  const told = baskets.reduce((sum, basket) => sum + basket.told, 0);
  return [
    ...(ledger.failed > 0 ? [`${ledger.failed} requests failed: ${ledger.faults.join('; ')}`] : []),
    ...(wrong > 0 ? [`${wrong} baskets do not hold what their owners were told`] : []),
    ...(told === 0 ? ['nothing was put into a basket'] : []),
    ...movingRoutes.flatMap((route) => {
      const { percent = 0, compared = 0, mismatches = 0 } = routes.get(route) ?? {};
      const { legacy, module } = ledger.of(route).ms;
      return [
        ...(percent < 100 ? [`${route} ends at ${percent} %`] : []),
        ...(legacy.length === 0 || module.length === 0 ? [`${route} was not answered by both sides`] : []),
        ...(compared === 0 ? [`no two answers of ${route} were compared`] : []),
        ...(mismatches > 0 ? [`${mismatches} answers of ${route} differ between the sides`] : []),
      ];
    }),
  ];
}

/** The final account, for people. */
export function routeAccountText(account: RouteAccount): string {
  const { seconds, ledger, routes, baskets } = account;
  const faults = routeFaults(account);
  const all: readonly Visit['route'][] = [...movingRoutes, staying];
  const rows = all.map((route) => {
    const { sent, failed, ms } = ledger.of(route);
    const end = route === staying ? undefined : routes.get(route);
    return [
      ...[route, end ? moduleOf(route) : '–', number(sent), number(failed)],
      ...[number(ms.legacy.length), number(ms.module.length), median(ms.legacy), median(ms.module)],
      ...(end ? [number(end.compared), number(end.mismatches)] : ['–', '–']),
    ];
  });
  const pieces = baskets.reduce((sum, { told }) => sum + told, 0);
  return [
    `The account, after ${duration(seconds)}`,
    '',
    row([
      ...['route', 'to module', 'sent', 'failed', 'by legacy', 'by module'],
      ...['p50 legacy', 'p50 module', 'compared', 'differ'],
    ]),
    ...rows.map(row),
    '',
    `  ${number(ledger.sent)} requests, ${number(ledger.failed)} failed; ${number(pieces)} pieces in ${baskets.length} baskets`,
    '',
    faults.length === 0
      ? 'No request failed, no basket lost or doubled a piece, and both sides answered the same.'
      : ['NOT AS PROMISED', ...faults.map((fault) => `- ${fault}`)].join('\n'),
    '',
  ].join('\n');
}

const median = (ms: readonly number[]): string => milliseconds(latenciesOf(ms).p50);
const number = (figure: number): string => figure.toLocaleString('en-GB');
const row = ([name = '', ...cells]: readonly string[]): string =>
  `  ${name.padEnd(12)}${cells.map((cell) => cell.padStart(11)).join('')}`;
