import { accountOf, type BookUrls } from '#sample';
import { moduleNames } from '../support/shop.js';
import { unexplained, errorCounts, type Outage } from '../hazards/support/soak/errors.js';
import { problemsOf } from '../hazards/support/soak/account.js';
import { writesOfNoOwner } from '../hazards/support/side-evidence.js';
import type { Load } from '../hazards/support/load.js';
import type { ChaosShop, Evidence } from './chaos-shop.js';

/** What a run has come to. */
export interface ChaosAccount {
  text: string;
  /** All that must not be, in sentences; empty: the account is true. */
  faults: readonly string[];
}

const pounds = (pence: number): string => `£${(pence / 100).toFixed(2)}`;

const listed = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${name}: ${count}`)
    .join(', ') || 'none';

/** Draws up the account of a shop that is whole, without customers, and whose modules rest. */
export async function accountFor(
  shop: ChaosShop,
  load: Load,
  evidence: Evidence,
  outages: readonly Outage[],
): Promise<ChaosAccount> {
  const faults = await problemsOf(shop, load, outages);
  await evidence.keep();
  const text = await textOf(shop, load, outages);
  return { text, faults: [...faults, ...writesOfNoOwner(evidence.writes)] };
}

async function textOf(shop: ChaosShop, load: Load, outages: readonly Outage[]): Promise<string> {
  const { history, registered } = load;
  const owned = moduleNames.map(
    async (module) => [module, shop.urlOf(await shop.owner(module), module)] as const,
  );
  const { totals, events } = await accountOf(
    Object.fromEntries(await Promise.all(owned)) as Required<BookUrls>,
  );
  const { pieces, money } = totals;
  const beside = Object.entries(errorCounts(history.events, outages));
  const row = (name: string, figure: string) => `  ${name.padEnd(26)}${figure}`;
  return [
    row('requests', `${history.events.length}, ${registered.size} registrations`),
    row('orders answered', `${history.of('order', 'ok').length}`),
    row('orders there', listed(totals.orders)),
    row('stock', `${pieces.onHand} on hand, ${pieces.reserved} reserved, ${pieces.sold} sold`),
    row(
      'money',
      `${pounds(money.charged)} charged, ${pounds(money.refunded)} refunded, ${pounds(money.confirmed)} in orders`,
    ),
    row(
      'events',
      `${events.emitted} deliveries called for, ${events.delivered} made, ${events.effects} effects; ${events.counted} orders counted, ${events.mails} mails`,
    ),
    row('errors not explained', `${unexplained(history.events, outages).length}`),
    ...beside.map(([what, counts]) => row(`beside ${what}`, listed(counts))),
  ].join('\n');
}
