import type { ComponentChildren } from 'preact';
import type { EventView } from '../../src/calls/events/event-views.js';
import type { SagaOn } from '../../src/control/commands/sagas.js';
import type { MismatchEntry } from '../../src/calls/shadow/shadow-store.js';
import type { QuarantinedRow } from '../../src/engine/replication/outgoing-state.js';
import { number } from '../../src/cli/text/figures.js';
import type { ModuleStatus } from '../../src/control/terms/views.js';
import type { Side } from '../../src/routes/phase.js';
import type { VerbButton } from './verb-buttons.js';
import { time } from './format.js';
import { useList } from './use-list.js';

interface OfModule {
  module: string;
  mayAct: boolean;
  onVerb: (verbButton: VerbButton) => void;
}

/** A list, or why there is none. */
function Shown<T>({
  path,
  none,
  children,
}: {
  path: string;
  none: string;
  children: (list: readonly T[]) => ComponentChildren;
}) {
  const { list, problem } = useList<T>(path);
  if (problem) return <p role="alert">{problem}</p>;
  if (!list) return <p>…</p>;
  return <>{list.length === 0 ? <p>{none}</p> : children(list)}</>;
}

const pathOf = (module: string, what: string): string => `modules/${encodeURIComponent(module)}/${what}`;

/** Answers of both sides that differ, side by side. */
export const Mismatches = ({ module }: OfModule) => (
  <Shown<MismatchEntry> path={pathOf(module, 'mismatches')} none="No answers have differed.">
    {(list) => (
      <ul class="mismatches">
        {list.map(({ at, operation, input, differences }) => (
          <li key={`${at} ${operation}`}>
            <time dateTime={at}>{time(at)}</time> <b>{operation}</b> <code>{JSON.stringify(input)}</code>
            <table>
              <thead>
                <tr>
                  <th>field</th>
                  <th>monolith</th>
                  <th>extracted</th>
                  <th>where it may differ, the contract says so</th>
                </tr>
              </thead>
              <tbody>
                {differences.map(({ path, monolith, extracted }) => (
                  <tr key={path}>
                    <td>{path}</td>
                    <td>
                      <code>{JSON.stringify(monolith)}</code>
                    </td>
                    <td>
                      <code>{JSON.stringify(extracted)}</code>
                    </td>
                    <td>
                      <code>ignore: ['{path}']</code>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </li>
        ))}
      </ul>
    )}
  </Shown>
);

/** Rows that can never be applied as they are. */
export const Quarantined = ({ module, mayAct, onVerb }: OfModule) => (
  <Shown<QuarantinedRow & { side: Side }> path={pathOf(module, 'quarantined')} none="No row is quarantined.">
    {(list) => (
      <table>
        <thead>
          <tr>
            <th>row</th>
            <th>side</th>
            <th>why</th>
            <th>since</th>
            <th></th>
          </tr>
        </thead>
        <tbody>
          {list.map(({ id, table, pk, side, reason, at }) => (
            <tr key={`${side} ${id}`}>
              <td>
                {table} {pk.join('/')}
              </td>
              <td>{side}</td>
              <td>{reason}</td>
              <td>{time(at)}</td>
              <td>
                {(['retry', 'discard'] as const).map((how) => (
                  <button
                    key={how}
                    type="button"
                    class="small"
                    disabled={!mayAct}
                    onClick={() => onVerb(onRow(how, id))}
                  >
                    {how}
                  </button>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    )}
  </Shown>
);

const onRow = (how: 'retry' | 'discard', id: number): VerbButton => ({
  verb: 'quarantined',
  label: how === 'retry' ? 'Send again' : 'Discard',
  meaning:
    how === 'retry'
      ? 'The row is sent once more.'
      : 'The row is not sent any more: the other side stays without it.',
  parameters: { how, ids: [id] },
});

/** Stored sagas that have not ended. */
export const Sagas = ({ module, mayAct, onVerb }: OfModule) => (
  <Shown<SagaOn> path={pathOf(module, 'sagas')} none="No saga is under way.">
    {(list) => (
      <table>
        <thead>
          <tr>
            <th>saga</th>
            <th>status</th>
            <th>waits for</th>
            <th></th>
          </tr>
        </thead>
        <tbody>
          {list.map((saga) => (
            <tr key={saga.id}>
              <td>
                {saga.process} <code>{saga.id}</code>
              </td>
              <td>{saga.status}</td>
              <td>
                {saga.stepName ?? `step ${number(saga.step)}`}
                {saga.attempts === 0 ? '' : `, tried ${number(saga.attempts)} times`}
                {saga.error === null ? '' : `: ${saga.error}`}
              </td>
              <td>
                {(['retry', 'compensate'] as const).map((how) => (
                  <button
                    key={how}
                    type="button"
                    class="small"
                    disabled={!mayAct}
                    onClick={() => onVerb(onSaga(how, saga.id))}
                  >
                    {how}
                  </button>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    )}
  </Shown>
);

const onSaga = (how: 'retry' | 'compensate', id: string): VerbButton => ({
  verb: 'sagas',
  label: how === 'retry' ? 'Try the saga now' : 'Take the saga back',
  meaning: how === 'retry' ? 'Its step is tried at once.' : 'What it has done is undone, step by step.',
  parameters: { how, ids: [id] },
});

/** What the module has told, and where it is on its way. */
export const Events = ({ module }: OfModule) => (
  <Shown<EventView> path={`domain-events?module=${encodeURIComponent(module)}`} none="It has told nothing.">
    {(list) => (
      <table>
        <thead>
          <tr>
            <th>event</th>
            <th>key</th>
            <th>told</th>
            <th>to</th>
            <th>state</th>
          </tr>
        </thead>
        <tbody>
          {list.map(({ id, type, key, at, subscriber, state, error }) => (
            <tr key={`${id} ${subscriber}`} class={state}>
              <td>{type}</td>
              <td>{key}</td>
              <td>{time(at)}</td>
              <td>{subscriber ?? 'nobody'}</td>
              <td>
                {state}
                {error === null ? '' : `: ${error}`}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    )}
  </Shown>
);

/** What the last comparison of all rows has found. */
export function Verification({ status: { verify } }: { status: ModuleStatus }) {
  const { checkedAt, rows, differences } = verify;
  if (checkedAt === null) return <p>The rows of both sides were not compared yet.</p>;
  return (
    <p class={differences === 0 ? 'well' : 'refusal'}>
      {time(checkedAt)}: {number(rows)} rows, {number(differences)} differences.
    </p>
  );
}
