import { useState } from 'preact/hooks';
import type { DeliveryState, EventView, SubscriberLag } from '../../src/calls/events/event-views.js';
import { duration, number } from '../../src/cli/text/figures.js';
import type { EventList } from '../../src/control/commands/operator.js';
import { time } from './format.js';
import { buttons, type OfModule } from './row-buttons.js';
import { Silent } from './shown.js';
import { Scrolled, Table, type Column } from './table.js';
import { useAnswer } from './use-answer.js';
import type { VerbButton } from './verb-buttons.js';

const stateInWords: Readonly<Record<DeliveryState, string>> = {
  published: 'waits for its turn',
  processing: 'is being handled',
  completed: 'handled, or put away',
  failed: 'never tried again by itself',
  resubmitted: 'sent again by a person',
};

/** What the module has told, where it is on its way to whom, and how far behind these are. */
export function Events(of: OfModule) {
  const [state, setState] = useState('');
  const [key, setKey] = useState('');
  const question = new URLSearchParams({ module: of.module, ...(state && { state }), ...(key && { key }) });
  const { answer, problem } = useAnswer<EventList>(`domain-events?${question.toString()}`);
  return (
    <>
      <div class="filter">
        <label>
          State{' '}
          <select value={state} onInput={(event) => setState(event.currentTarget.value)}>
            <option value="">any</option>
            {Object.entries(stateInWords).map(([each, words]) => (
              <option key={each} value={each}>
                {each}: {words}
              </option>
            ))}
          </select>
        </label>
        <label>
          Key{' '}
          <input
            type="search"
            placeholder="any"
            value={key}
            onInput={(event) => setKey(event.currentTarget.value)}
          />
        </label>
      </div>
      {problem && <p role="alert">{problem}</p>}
      {answer ? <Told {...of} {...answer} isAll={!state && !key} /> : !problem && <p>…</p>}
    </>
  );
}

function Told({ items, subscribers, silent, isAll, ...of }: EventList & OfModule & { isAll: boolean }) {
  return (
    <>
      <Silent sides={silent} />
      {subscribers.length > 0 && (
        <Scrolled label="Subscribers">
          <Table
            rows={subscribers}
            columns={[
              ...lagColumns,
              buttons<SubscriberLag>(of, { 'replay…': ({ subscriber }) => replay(subscriber) }),
            ]}
            keyOf={({ subscriber }) => subscriber}
            classOf={({ failed }) => (failed > 0 ? 'fail' : '')}
          />
        </Scrolled>
      )}
      {items.length === 0 && <p>{isAll ? 'It has told nothing.' : 'No event is so.'}</p>}
      {items.length > 0 && (
        <Scrolled label="Events">
          <Table
            rows={items}
            columns={[
              ...columns,
              buttons<EventView>(of, {
                resubmit: (delivery) => onDelivery('resubmit', delivery),
                discard: (delivery) => onDelivery('discard', delivery),
              }),
            ]}
            keyOf={({ id, subscriber }) => `${id} ${subscriber}`}
            classOf={({ state }) => state}
          />
        </Scrolled>
      )}
    </>
  );
}

const lagColumns: readonly Column<SubscriberLag>[] = [
  { title: 'subscriber', of: ({ subscriber }) => subscriber },
  { title: 'to be handled', of: ({ waiting }) => number(waiting), isFigure: true },
  { title: 'keys that a failed one holds', of: ({ failed }) => number(failed), isFigure: true },
  { title: 'oldest', of: ({ oldestMs }) => (oldestMs === null ? '–' : duration(oldestMs)), isFigure: true },
];

const columns: readonly Column<EventView>[] = [
  {
    title: 'event',
    of: ({ type, data }) => (
      <details>
        <summary>{type}</summary>
        <code>{JSON.stringify(data)}</code>
      </details>
    ),
  },
  { title: 'key', of: ({ key, seq }) => `${key}, no. ${number(seq)}` },
  { title: 'told', of: ({ at }) => time(at) },
  { title: 'to', of: ({ subscriber }) => subscriber ?? <span title={noSubscriber}>nobody</span> },
  {
    title: 'state',
    of: ({ state, tries, error }) =>
      state + (tries > 0 ? `, tried ${number(tries)} times` : '') + (error === null ? '' : `: ${error}`),
  },
];

/** What `nobody` says. */
const noSubscriber = 'No module has subscribed to it: it stands in the log, and there is nothing to deliver.';

const meanings = {
  resubmit: 'It is tried again, as often as a new one; those of its key behind it follow.',
  discard: 'It is put away: it will never be handled. Those of its key behind it follow.',
};

/** About what was handled nothing is to be done; about the rest the admin API knows what may be. */
const onDelivery = (verb: keyof typeof meanings, { id, subscriber, state }: EventView): VerbButton | null =>
  subscriber === null || state === 'completed'
    ? null
    : {
        verb,
        label: verb === 'resubmit' ? 'Send the event again' : 'Discard the event',
        meaning: meanings[verb],
        parameters: { event: id, subscriber },
      };

const replay = (subscriber: string): VerbButton => ({
  verb: 'replay',
  label: `Replay to ${subscriber}`,
  meaning: 'Its view of these events is emptied, and they are delivered again.',
  parameters: { subscriber },
  asks: ['from'],
});
