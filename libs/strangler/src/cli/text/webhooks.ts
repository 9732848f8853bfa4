import type { WebhookView } from '../../control/terms/views.js';
import { number } from './figures.js';
import { line, type Line, type Style } from './line.js';
import { table } from './table.js';

const colours: Readonly<Record<WebhookView['state'], Style>> = {
  up: 'green',
  failing: 'yellow',
  disabled: 'red',
};

const columns = ['NAME', 'URL', 'STATE', 'WAITING', 'FAILED', 'LAST DELIVERED', 'NEXT TRY', 'PROBLEM'].map(
  (title) => ({ title, ...(['WAITING', 'FAILED'].includes(title) && { align: 'right' as const }) }),
);

/** Who is told of history entries, one a line. */
export const webhookLines = (items: readonly WebhookView[]): Line[] =>
  items.length === 0
    ? [line('no webhook is set')]
    : table(
        columns,
        items.map(({ name, url, state, waiting, failed, delivered, nextTryAt, problem }) => [
          line(name, 'bold'),
          line(url ?? 'in no settings of this process'),
          line(state, colours[state]),
          line(number(waiting)),
          line(number(failed), failed > 0 ? 'red' : undefined),
          line(delivered ? `${delivered.at}, entry ${delivered.entry}` : '–'),
          line(nextTryAt ?? '–'),
          line(problem ?? ''),
        ]),
      );
