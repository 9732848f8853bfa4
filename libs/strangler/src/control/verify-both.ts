import type { Side } from '../phase.js';
import type { SideAgent } from '../side/agent.js';
import type { SideControl } from '../side/side.js';
import type { Difference } from '../verify/difference.js';
import { repairModule } from '../verify/repair.js';
import { verifyModule, type VerifyOptions, type VerifyResult, type VerifyState } from '../verify/verify.js';
import type { VerifyOrder, VerifyReport } from './needs.js';

/** Compares a module's sides, or also repairs, as the controller orders it. @throws when rows could not be judged. */
export async function verifyBoth(
  controls: Readonly<Record<Side, SideControl>>,
  here: SideAgent | undefined,
  order: VerifyOrder,
): Promise<VerifyReport> {
  const { repair, cursor, signal } = order;
  if (!here) throw new Error('the monolith no longer has the module: there is nothing to compare');
  const options: VerifyOptions = {
    controls,
    tables: here.tables,
    total: await here.rows(),
    resume: (cursor as VerifyState | null) ?? undefined,
    onChunk: ({ done, total, state }) => order.onProgress({ done, total, cursor: state }),
    signal,
  };
  if (!repair) return reportOf(await verifyModule(options), 0);
  const { found, sent, left } = await repairModule(options);
  return { ...reportOf(found, Math.min(sent, found.found - left.found)), rows: left.rows };
}

function reportOf({ rows, found, unsettled, differences }: VerifyResult, repaired: number): VerifyReport {
  if (unsettled > 0) {
    throw new Error(`${unsettled} rows were written or on their way at every look; it is tried again`);
  }
  return { rows, differences: found, repaired, examples: differences.slice(0, 10).map(inWords) };
}

const inWords = ({ table, pk, kind, fields }: Difference): string => {
  const names = Object.keys(fields);
  return `${table} ${pk.join('/')} ${kind}${names.length > 0 ? ` in ${names.join(', ')}` : ''}`;
};
