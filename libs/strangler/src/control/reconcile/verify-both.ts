import type { Side } from '../../routes/phase.js';
import type { SideAgent } from '../../sides/agent.js';
import type { SideControl } from '../../sides/side.js';
import type { Difference } from '../../engine/verify/difference.js';
import { repairModule } from '../../engine/verify/repair.js';
import {
  verifyModule,
  type VerifyOptions,
  type VerifyResult,
  type VerifyState,
} from '../../engine/verify/verify.js';
import { footingOf } from './footing.js';
import type { RowDifference } from '../terms/views.js';
import type { VerifyReport } from '../store/verification-store.js';
import type { VerifyOrder } from './needs.js';

type Controls = Readonly<Record<Side, SideControl>>;

/** What is kept of a run that was cut off: what it stands on, and how far it has come. */
interface Cursor {
  print: string;
  state: VerifyState;
}

/**
 * Compares a module's sides, or also repairs, as the controller orders it. @throws when rows could not be judged, or are about to be
 * copied: then it is to be begun anew.
 */
export async function verifyBoth(
  controls: Controls,
  here: Pick<SideAgent, 'tables' | 'rows'> | undefined,
  order: VerifyOrder,
): Promise<VerifyReport> {
  const { repair, signal } = order;
  if (!here) throw new Error('the monolith no longer has the module: there is nothing to compare');
  const print = await steadyPrint(controls);
  const cursor = order.cursor as Cursor | null;
  const options: VerifyOptions = {
    controls,
    tables: here.tables,
    total: await here.rows(),
    // What was counted on another footing counts no more.
    resume: cursor?.print === print ? cursor.state : undefined,
    onChunk: ({ done, total, state }) =>
      order.onProgress({ done, total, cursor: { print, state: withoutValues(state) } }),
    signal,
  };
  const report = repair ? await repaired(options) : reportOf(await verifyModule(options), 0);
  if (report.differences > 0 && (await steadyPrint(controls)) !== print)
    throw new Error('tables have changed meanwhile; it is tried again');
  return report;
}

/** @throws when tables are not as they have to be for a comparison. */
async function steadyPrint(controls: Controls): Promise<string> {
  const [monolith, extracted] = await Promise.all([controls.monolith.state(), controls.extracted.state()]);
  const { problems, print } = footingOf({ monolith, extracted });
  if (problems.length > 0) throw new Error(`${problems.join('; ')}; it is tried again`);
  return print;
}

async function repaired(options: VerifyOptions): Promise<VerifyReport> {
  const { found, sent, left } = await repairModule(options);
  return {
    ...reportOf(found, Math.min(sent, found.found - left.found)),
    ...{ rows: left.rows, left: left.differences.map(named) },
  };
}

function reportOf({ rows, found, unsettled, differences }: VerifyResult, repaired: number): VerifyReport {
  if (unsettled > 0) {
    throw new Error(`${unsettled} rows were written or on their way at every look; it is tried again`);
  }
  const examples = differences.slice(0, 10).map(inWords);
  return { rows, differences: found, repaired, examples, left: differences.map(named) };
}

const named = ({ table, pk, owner, kind, fields }: Difference): RowDifference => ({
  ...{ table, pk, owner, kind },
  fields: Object.keys(fields),
});

/** It is stored until the comparison has ended: which fields differ is enough, and their values may be anybody's. */
const withoutValues = (state: VerifyState): VerifyState => ({
  ...state,
  differences: state.differences.map((each) => ({
    ...each,
    fields: Object.fromEntries(Object.keys(each.fields).map((name) => [name, {}])),
  })),
});

const inWords = ({ table, pk, kind, fields }: Difference): string => {
  const names = Object.keys(fields);
  return `${table} ${pk.join('/')} ${kind}${names.length > 0 ? ` in ${names.join(', ')}` : ''}`;
};
