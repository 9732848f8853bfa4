import type { ModuleStatus } from '../../src/control/terms/views.js';
import { policies } from '../../src/routes/phase.js';
import { VerbBar } from './verb-bar.js';
import { pause, rare, resume, rollback, steps, type VerbButton } from './verb-buttons.js';
import { rollbackInWords } from './words.js';

/** Everything that can be done with a module. */
export const Actions = ({
  status,
  ...who
}: {
  status: ModuleStatus;
  mayAct: boolean;
  onVerb: (verbButton: VerbButton) => void;
}) => (
  <VerbBar
    {...who}
    name={status.module}
    steps={[...steps, status.paused ? resume : pause]}
    back={rollback}
    backNote={rollbackInWords(status)}
    isAway={!policies[status.phase].atHome}
    rare={rare}
  />
);
