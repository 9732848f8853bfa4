import type { Finding, HistoryEntry, ResendAnswer, WebhookView } from '../terms/views.js';
import { shownUrl, type WebhookOptions } from './webhook-options.js';
import type { WebhookRow } from './webhook-store.js';

/** Who has failed for so long has to be looked after, in ms: it is no restart. */
const lateAfterMs = 60_000;

/** A receiver as operators see it. `options`: of this process, if they name it. Pure. */
export function webhookView(row: WebhookRow, options: WebhookOptions | undefined): WebhookView {
  const { name, modules, problem, waiting, failed, failingSince, nextTryAt } = row;
  const { deliveredEntry: entry, deliveredAt: at } = row;
  return {
    name,
    url: options ? shownUrl(options) : null,
    modules,
    outcomes: row.outcomes as HistoryEntry['outcome'][] | null,
    state: row.gone === null ? (failingSince === null ? 'up' : 'failing') : 'disabled',
    ...{ waiting, failed },
    delivered: entry === null || at === null ? null : { entry, at },
    ...{ problem, failingSince, nextTryAt },
  };
}

const count = (n: number, one: string, several: string): string => `${n} ${n === 1 ? one : several}`;

/** What is done when it is said to be sent again, in words; `refusal`: why not. Pure. */
export function resendPlan({
  name,
  gone,
  waiting,
  failed,
}: WebhookRow): Pick<ResendAnswer, 'plan' | 'refusal'> {
  if (gone !== null)
    return {
      plan: [],
      refusal: `${name} has answered 410 Gone: it is called again once its address or its secret is another one`,
    };
  return {
    plan: [
      ...(waiting > 0 ? [`${count(waiting, 'entry that waits is', 'entries that wait are')} tried now`] : []),
      ...(failed > 0
        ? [`${count(failed, 'that has failed is', 'that have failed are')} tried as if new`]
        : []),
    ],
  };
}

/** Receivers that somebody has to look after. `cli`: what stands before a verb of the command line. Pure. */
export const webhookFindings = (rows: readonly WebhookRow[], cli: string): Finding[] =>
  rows
    .flatMap((row) => (row.gone === null ? failing(row, cli) : [disabled(row)]))
    .map((found) => ({ module: null, repairable: false, ...found }));

type Found = Omit<Finding, 'module' | 'repairable'>;

const failing = ({ name, problem, failingMs, waiting }: WebhookRow, cli: string): Found[] =>
  failingMs === null || failingMs < lateAfterMs
    ? []
    : [
        {
          problem: `the webhook ${name} has failed for ${Math.floor(failingMs / 60_000)} min: ${problem}`,
          meaning: `what happens is not told there: ${count(waiting, 'entry waits', 'entries wait')}, and each is tried for about three days`,
          remedy: `mend what answers there; then it goes on by itself, or at once: ${cli} webhooks ${name} --resend`,
        },
      ];

const disabled = ({ name }: WebhookRow): Found => ({
  problem: `the webhook ${name} is disabled: it has answered 410 Gone`,
  meaning: 'what happens is not told there any more',
  remedy: 'take it out of the settings, or give it another address or secret, and start again',
});
