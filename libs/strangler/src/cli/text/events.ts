import type { DeliveryState, EventView, SubscriberLag } from '../../calls/events/event-views.js';
import type { EventList } from '../../control/commands/operator.js';
import { duration, number } from './figures.js';
import { joined, line, type Line, type Style } from './line.js';
import { silentLines } from './silent.js';
import { indented, table } from './table.js';

const colours: Readonly<Record<DeliveryState, Style>> = {
  published: 'dim',
  processing: 'yellow',
  completed: 'green',
  failed: 'red',
  resubmitted: 'yellow',
};

const columns = ['TOLD', 'EVENT', 'TYPE', 'KEY', 'NO', 'SUBSCRIBER', 'STATE', 'TRIES', 'ERROR'].map(
  (title) => ({ title }),
);

/** How far behind each subscriber is, then the events. */
export const eventsLines = ({ items, subscribers, silent }: EventList): Line[] => [
  ...silentLines(silent),
  ...subscribers.map(lagLine),
  ...(items.length === 0
    ? [line('there are no such events')]
    : table(
        columns,
        items.map((each) => [
          ...[each.at, each.id, each.type, each.key, String(each.seq)].map((text) => line(text)),
          line(each.subscriber ?? '–'),
          line(each.state, colours[each.state]),
          line(String(each.tries)),
          line(each.error ?? ''),
        ]),
      )),
];

function lagLine({ module, subscriber, waiting, failed, oldestMs, replayMs }: SubscriberLag): Line {
  const behind = oldestMs === null ? 'has handled all' : `is ${duration(oldestMs / 1_000)} behind`;
  return joined([
    line(`${module} → ${subscriber}`, 'bold'),
    line(`${behind}, ${number(waiting)} to do`, oldestMs === null ? 'green' : 'yellow'),
    line(
      failed > 0 ? `${number(failed)} ${failed === 1 ? 'key' : 'keys'} held by a failed event` : '',
      'red',
    ),
    line(replayMs === null ? '' : 'its view is being built anew', 'yellow'),
  ]);
}

/** One event, and each of its subscribers. */
export const eventLines = (items: readonly EventView[]): Line[] => {
  const [first] = items;
  if (!first) return [line('there is no such event')];
  return [
    joined([line(first.type, 'bold'), line(`event ${first.seq} of ${first.key}`), line(first.id, 'dim')]),
    ...indented([
      line(`told at ${first.at}, in the request ${first.requestId}`),
      line(first.data === null ? 'its type is not declared any more' : JSON.stringify(first.data)),
      ...items.map(deliveryLine),
    ]),
  ];
};

const deliveryLine = ({ subscriber, state, tries, error, retryInMs }: EventView): Line =>
  joined([
    line(`→ ${subscriber ?? 'nobody is called'}`),
    line(state, colours[state]),
    line(tries > 0 ? `tried ${tries} ${tries === 1 ? 'time' : 'times'}` : ''),
    line(error ?? '', 'red'),
    line(tries > 0 && retryInMs !== null ? `next try in ${duration(retryInMs / 1_000)}` : '', 'dim'),
  ]);
