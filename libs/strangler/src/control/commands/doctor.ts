import type { Diagnosis } from '../conditions/finding.js';
import { diagnose } from '../doctor/doctor.js';
import { carryOutRepair } from '../doctor/doctor-repair.js';
import { RepairBody } from './bodies.js';
import { command, type CommandContext, type CommandParts } from './command.js';

/** Says what is stuck, and frees what is safe to free. */
export const doctor = command({
  body: RepairBody,
  ask: (context, parts) => diagnosisOf(context, parts),
  plan: (_context, { repair = false }, found: readonly Diagnosis[]) => {
    const words = found.map(
      ({ problem, remedy, repairable }) => `${problem}: ${repairable ? '' : 'by hand: '}${remedy}`,
    );
    return {
      plan: words.length > 0 ? words : ['nothing is stuck'],
      begins: false,
      ...(!repair && { looks: true }),
    };
  },
  effect: async ({ needs }, { row }, _parameters, found) => {
    for (const { repair } of found) if (repair) await carryOutRepair(repair, needs.sides(row.module));
  },
});

/**
 * What is stuck. Asks the other side also of a module at home: something may have been left there; but starts nothing for it.
 */
export async function diagnosisOf(
  { row, at, observed }: CommandContext,
  { needs, observer, notes, verifications, walkers, advice }: CommandParts,
): Promise<Diagnosis[]> {
  const [states, note, verification] = await Promise.all([
    observer.sides(row, !needs.wakesServers?.()),
    notes.read(row.module),
    verifications.read(row.module),
  ]);
  const doing = walkers.get(row.module)?.doing ?? null;
  return diagnose({ row, at, observed: { ...observed, ...states }, note, verification, doing, advice });
}
