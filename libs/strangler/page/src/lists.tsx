import { useState } from 'preact/hooks';
import type { SagaOn } from '../../src/control/commands/sagas.js';
import type { MismatchEntry } from '../../src/calls/shadow/shadow-store.js';
import type { QuarantinedRow } from '../../src/engine/replication/outgoing-state.js';
import { number } from '../../src/cli/text/figures.js';
import type { Side } from '../../src/routes/phase.js';
import type { VerbButton } from './verb-buttons.js';
import { Copied } from './copied.js';
import { time } from './format.js';
import { pathOf } from './paths.js';
import { buttons, type OfModule } from './row-buttons.js';
import { Shown } from './shown.js';
import { Table, type Column } from './table.js';

const fields: readonly Column<MismatchEntry['differences'][number]>[] = [
  { title: 'field', of: ({ path }) => path || 'the whole answer' },
  { title: 'monolith', of: ({ monolith }) => <code>{JSON.stringify(monolith) ?? 'missing'}</code> },
  { title: 'extracted', of: ({ extracted }) => <code>{JSON.stringify(extracted) ?? 'missing'}</code> },
];

/** Answers of both sides that differ, side by side. */
export const Mismatches = ({ module }: OfModule) => (
  <Shown<MismatchEntry> path={pathOf(module, 'mismatches')} none="No answers have differed.">
    {(list) => (
      <ul class="mismatches">
        {list.map(({ at, operation, input, differences }) => (
          <li key={`${at} ${operation}`}>
            <time dateTime={at}>{time(at)}</time> <b>{operation}</b> <code>{JSON.stringify(input)}</code>
            <Table
              rows={differences}
              columns={[
                ...fields,
                {
                  title: 'may it differ?',
                  of: ({ volatileLine }) => <Ignored operation={operation} line={volatileLine} />,
                },
              ]}
              keyOf={({ path }) => path}
            />
          </li>
        ))}
      </ul>
    )}
  </Shown>
);

/** Who wants a field not to be compared writes that into the contract: code, and no setting of an operator's. */
function Ignored({ operation, line }: { operation: string; line: string | undefined }) {
  const [isAsked, setAsked] = useState(false);
  if (line === undefined) return <>–</>;
  return (
    <>
      <button type="button" class="small" aria-expanded={isAsked} onClick={() => setAsked(!isAsked)}>
        Ignore this field
      </button>
      {isAsked && (
        <div role="status">
          <p>
            In the contract, the query <b>{operation}</b> gets the line
          </p>
          <Copied text={line} />
          <p>It is in force when the monolith and the service run with it.</p>
        </div>
      )}
    </>
  );
}

const rowColumns: readonly Column<QuarantinedRow & { side: Side }>[] = [
  { title: 'row', of: ({ table, pk }) => `${table} ${pk.join('/')}` },
  { title: 'side', of: ({ side }) => side },
  { title: 'why', of: ({ reason }) => reason },
  { title: 'since', of: ({ at }) => time(at) },
];

/** Rows that can never be applied as they are. */
export const Quarantined = (of: OfModule) => (
  <Shown<QuarantinedRow & { side: Side }>
    path={pathOf(of.module, 'quarantined')}
    none="No row is quarantined."
  >
    {(list) => (
      <Table
        rows={list}
        columns={[
          ...rowColumns,
          buttons<QuarantinedRow>(of, {
            retry: ({ id }) => onRow('retry', id),
            discard: ({ id }) => onRow('discard', id),
          }),
        ]}
        keyOf={({ side, id }) => `${side} ${id}`}
      />
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

const sagaColumns: readonly Column<SagaOn>[] = [
  {
    title: 'saga',
    of: ({ process, id }) => (
      <>
        {process} <code>{id}</code>
      </>
    ),
  },
  { title: 'status', of: ({ status }) => status },
  {
    title: 'waits for',
    of: ({ stepName, step, attempts, error }) =>
      (stepName ?? `step ${number(step)}`) +
      (attempts === 0 ? '' : `, tried ${number(attempts)} times`) +
      (error === null ? '' : `: ${error}`),
  },
];

/** Stored sagas that have not ended. */
export const Sagas = (of: OfModule) => (
  <Shown<SagaOn> path={pathOf(of.module, 'sagas')} none="No saga is under way.">
    {(list) => (
      <Table
        rows={list}
        columns={[
          ...sagaColumns,
          buttons<SagaOn>(of, {
            retry: ({ id }) => onSaga('retry', id),
            compensate: ({ id }) => onSaga('compensate', id),
          }),
        ]}
        keyOf={({ id }) => id}
      />
    )}
  </Shown>
);

const onSaga = (how: 'retry' | 'compensate', id: string): VerbButton => ({
  verb: 'sagas',
  label: how === 'retry' ? 'Try the saga now' : 'Take the saga back',
  meaning: how === 'retry' ? 'Its step is tried at once.' : 'What it has done is undone, step by step.',
  parameters: { how, ids: [id] },
});
