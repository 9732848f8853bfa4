import type { ReplayAccount } from './account.js';
import type { Latencies } from '#sample';

/** The account for people. */
export function accountText(account: ReplayAccount): string {
  const { run, outcomes, invoices, seconds, ordersPerSecond, failures, serverErrors, retries, latencyMs } =
    account;
  const sent = invoices - outcomes.not_sent - outcomes.nothing_to_sell - outcomes.cancellation;
  const rows = Object.entries(outcomes).map(([name, count]) => row(name.replaceAll('_', ' '), count));
  return [
    `Run ${run}: ${number(sent)} orders in ${seconds.toFixed(1)} s, ${ordersPerSecond.toFixed(1)} a second` +
      (account.interrupted ? ' (interrupted)' : ''),
    '',
    ...rows,
    row('invoices of the file', invoices),
    '',
    `failures     ${listed(failures)}`,
    `5xx answers  ${listed(serverErrors)}`,
    `retries      ${listed(retries)}`,
    '',
    'latency in ms, from an order’s first request to its final answer',
    latencies(latencyMs.order),
    'latency in ms, single requests',
    latencies(latencyMs.request),
    '',
  ].join('\n');
}

const number = (figure: number): string => figure.toLocaleString('en-GB');

const row = (name: string, count: number): string => `  ${name.padEnd(22)}${number(count).padStart(8)}`;

const listed = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${name} ${number(count)}`)
    .join(', ') || '0';

const latencies = (figures: Latencies): string =>
  `  ${Object.entries(figures)
    .map(([name, ms]: [string, number | null]) => `${name} ${ms === null ? '–' : ms.toFixed(1)}`)
    .join('   ')}`;
