import type { SilentSide } from '../../control/terms/silent-side.js';
import type { SagaOn } from '../../control/commands/sagas.js';
import { joined, line, type Line } from './line.js';
import { silentLines } from './silent.js';
import { indented, table } from './table.js';

type Named = SagaOn & { module: string };

const columns = ['ID', 'PROCESS', 'KEY', 'SIDE', 'STATUS', 'STEP', 'TRIES', 'SINCE', ''].map((title) => ({
  title,
}));

/** Processes that have not ended, one a line; `all`: how many there are, also of those that were not asked for. */
export const sagasLines = (sagas: readonly Named[], silent: readonly SilentSide[], all: number): Line[] => [
  ...silentLines(silent),
  ...(sagas.length === 0
    ? [line(all === 0 ? 'no saga is on its way' : `no saga is stuck; on their way: ${all}`)]
    : table(
        columns,
        sagas.map((saga) => {
          const { id, module, process, key, side, status, attempts, createdAt, stuck } = saga;
          const cells = [
            id,
            `${module}.${process}`,
            key,
            side,
            status,
            stepOf(saga),
            String(attempts),
            createdAt,
          ];
          return [...cells.map((text) => line(text)), line(stuck ? 'stuck' : '', 'red')];
        }),
      )),
];

/** One with its steps, and what it waits for. */
export function sagaLines(saga: Named): Line[] {
  const { id, module, process, key, side, status, requestId, createdAt, definition } = saga;
  const head = joined([line(`${module}.${process} ${id}`, 'bold'), line(`${status} on ${side}`)]);
  const steps = definition?.steps.map(({ name }, at) =>
    joined([
      line(at === saga.step ? '→' : ' ', 'cyan'),
      line(`${at}. ${name}`),
      line(at === definition.pivot ? 'the pivot: from here it only goes forward' : '', 'dim'),
    ]),
  );
  return [
    head,
    ...indented([
      line(`key ${key}, request ${requestId}, since ${createdAt}`),
      ...(steps ?? [line('no process that was asked knows its definition', 'yellow')]),
      line(waitsFor(saga)),
    ]),
  ];
}

const stepOf = ({ step, stepName }: SagaOn): string =>
  stepName === null ? String(step) : `${step} ${stepName}`;

/** What it waits for, in words. */
function waitsFor({ status, attempts, dueAt, error, ...saga }: SagaOn): string {
  if (status === 'done') return 'it is done';
  if (status === 'failed') return `it was taken back${error === null ? '' : ` for ${error}`}`;
  const what = status === 'compensating' ? 'the undoing of step' : 'step';
  const tries = attempts === 0 ? 'not failed yet' : `failed ${attempts} times`;
  const why = error === null ? '' : `; it is taken back for ${error}`;
  return `it waits for ${what} ${stepOf({ ...saga, status, attempts, dueAt, error })}, ${tries}; taken up at ${dueAt}${why}`;
}
