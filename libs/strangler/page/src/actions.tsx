import type { ModuleStatus } from '../../src/control/terms/views.js';
import { pause, rare, resume, rollback, steps, type VerbButton } from './verb-buttons.js';
import { rollbackInWords } from './words.js';

/** Everything that can be done with a module. A viewer sees what there is. */
export function Actions({
  status,
  mayAct,
  onVerb,
}: {
  status: ModuleStatus;
  mayAct: boolean;
  onVerb: (verbButton: VerbButton) => void;
}) {
  // By its place: the one that was pressed keeps the keyboard when it says Resume instead of Pause.
  const button = (verbButton: VerbButton, place = 0) => (
    <button
      key={place}
      type="button"
      disabled={!mayAct}
      title={verbButton.meaning}
      onClick={() => onVerb(verbButton)}
    >
      {verbButton.label}
    </button>
  );
  return (
    <div class="actions" role="toolbar" aria-label={`What can be done with ${status.module}`}>
      {[...steps, status.paused ? resume : pause].map(button)}
      <span class="back">
        {button(rollback)} <small>{rollbackInWords(status)}</small>
      </span>
      <details>
        <summary>More</summary>
        <div>{rare.map(button)}</div>
      </details>
    </div>
  );
}
