import { allConditions } from '../conditions/conditions.js';
import type { Diagnosis } from '../conditions/finding.js';
import { clocks } from './doctor-clocks.js';
import { examineLateSagas, examineStrandedSagas } from './doctor-sagas.js';
import { standings } from './doctor-continuity.js';
import { migrations } from './doctor-migrations.js';
import { pruning } from './doctor-pruning.js';
import { absences, pauses, examineWaits } from './doctor-waits.js';
import type { Examiner, Patient } from './examiner.js';

/** What the conditions of the table say. */
const conditions: Examiner = (patient) => allConditions.flatMap(([, { doctor }]) => doctor?.(patient) ?? []);

/** All that is looked at. To find more, add a row to the table of conditions; here stands what is no condition of a step. */
const examiners: readonly Examiner[] = [
  pauses,
  absences,
  standings,
  conditions,
  examineStrandedSagas,
  examineLateSagas,
  migrations,
  pruning,
  clocks,
  examineWaits,
];

/** Finds what is stuck, or soon will be. Pure. */
export const diagnose = (patient: Patient): Diagnosis[] =>
  examiners
    .flatMap((examine) => examine(patient))
    .map((found) => ({ ...found, module: patient.row.module, repairable: found.repair !== undefined }));
