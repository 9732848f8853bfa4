import { clocks } from './doctor-clocks.js';
import { epochs, fences, flow, oldFences } from './doctor-sides.js';
import { lateSagas, sagas } from './doctor-sagas.js';
import { standings } from './doctor-continuity.js';
import { copies } from './doctor-copies.js';
import { tables } from './doctor-tables.js';
import { migrations } from './doctor-migrations.js';
import { pruning } from './doctor-pruning.js';
import { absences, pauses, waits } from './doctor-waits.js';
import type { Diagnosis, Examiner, Patient } from './examiner.js';

/** All that is looked at. To find more, add to it. */
const examiners: readonly Examiner[] = [
  pauses,
  absences,
  standings,
  copies,
  fences,
  tables,
  oldFences,
  sagas,
  lateSagas,
  flow,
  epochs,
  migrations,
  pruning,
  clocks,
  waits,
];

/** Finds what is stuck, or soon will be. Pure. */
export const diagnose = (patient: Patient): Diagnosis[] =>
  examiners
    .flatMap((examine) => examine(patient))
    .map((found) => ({ ...found, module: patient.row.module, repairable: found.repair !== undefined }));
