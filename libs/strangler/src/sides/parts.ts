import type { Database } from '../database/database.js';
import type { MovingModule } from '../database/tables.js';
import type { Continuity } from '../engine/continuity/continuity.js';
import type { WitnessFile } from '../engine/identity/witness-file.js';
import type { Ownership } from '../engine/ownership/ownership.js';
import type { Side } from '../routes/phase.js';

/** What a process has of one side of a module. */
export interface SideParts {
  readonly database: Database;
  readonly module: MovingModule;
  readonly side: Side;
  readonly ownership: Ownership;
  readonly continuity: Continuity;
  readonly witness: WitnessFile | undefined;
}
