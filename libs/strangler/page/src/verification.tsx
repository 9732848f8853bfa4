import { duration, number } from '../../src/cli/text/figures.js';
import { onSideInWords } from '../../src/cli/text/row-differences.js';
import type { ModuleStatus, RowDifference } from '../../src/control/terms/views.js';
import type { Side } from '../../src/routes/phase.js';
import { percent, shareDone, time } from './format.js';
import { Shown } from './shown.js';
import { pathOf } from './paths.js';
import { Table, type Column } from './table.js';

const onSide = (side: Side): Column<RowDifference> => ({
  title: side,
  of: (row) => onSideInWords(row, side),
});

const columns: readonly Column<RowDifference>[] = [
  { title: 'table', of: ({ table }) => table },
  { title: 'key', of: ({ pk }) => pk.join('/') },
  onSide('monolith'),
  onSide('extracted'),
];

/** What the comparison of all rows has found, and how far the one is that is under way. */
export const Verification = ({ status: { module, verify } }: { status: ModuleStatus }) => (
  <>
    {verify.running && <Running {...verify.running} />}
    {verify.checkedAt === null ? (
      <p>The rows of both sides were not compared yet.</p>
    ) : (
      <p class={verify.differences === 0 ? 'well' : 'refusal'}>
        {time(verify.checkedAt)}: {number(verify.rows)} rows, {number(verify.differences)} differences.
      </p>
    )}
    {verify.differences > 0 && (
      // Keyed by the run: the rows of another one are others.
      <Shown<RowDifference>
        key={verify.checkedAt}
        path={pathOf(module, 'differences')}
        none="Which rows they are, nobody has kept: verify once more."
      >
        {(list) => (
          <>
            <Table rows={list} columns={columns} keyOf={({ table, pk }) => JSON.stringify([table, pk])} />
            {list.length < verify.differences && <p>The first {number(list.length)} of them.</p>}
            <p>
              <small>Values are not kept: they may be anybody’s.</small>
            </p>
          </>
        )}
      </Shown>
    )}
  </>
);

function Running({ done, total, etaSeconds }: NonNullable<ModuleStatus['verify']['running']>) {
  const share = shareDone({ done, total });
  return (
    <p role="status">
      All rows are compared: <progress value={share} max={100} aria-label="rows compared" /> {percent(share)},{' '}
      {number(done)} of {number(total)}
      {etaSeconds === null ? '' : `, ${duration(etaSeconds)} left`}
    </p>
  );
}
