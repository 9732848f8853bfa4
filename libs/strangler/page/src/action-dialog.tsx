import { useEffect, useRef, useState } from 'preact/hooks';
import type { ActionAnswer } from '../../src/control/commands/operator.js';
import type { ModuleStatus } from '../../src/control/terms/views.js';
import { act } from './api.js';
import type { VerbButton } from './verb-buttons.js';
import { percent as percentText } from './format.js';

type DryRun = { answer: ActionAnswer } | { problem: string } | 'asked';

/** Shows what a verb would do, and does it when that is confirmed. */
export function ActionDialog({
  status,
  verbButton,
  onClose,
}: {
  status: ModuleStatus;
  verbButton: VerbButton;
  onClose: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [percent, setPercent] = useState(status.wanted.percent ?? nextShare(status));
  const [typed, setTyped] = useState('');
  const [dryRun, setDryRun] = useState<DryRun>('asked');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const { module, wanted } = status;
  const parameters = {
    ...verbButton.parameters,
    ...(verbButton.asks === 'percent' && { percent }),
    ...(verbButton.steers && wanted.by === 'file' && { write: true }),
    ...(verbButton.verb === 'decommission' && { confirm: module }),
  };

  useEffect(() => dialog.current?.showModal(), []);
  // What it would do depends on what is asked for, and on where the module stands now.
  useEffect(() => {
    let isCurrent = true;
    void act(module, verbButton.verb, { ...parameters, dryRun: true }).then(
      (answer) => isCurrent && setDryRun({ answer }),
      (error: unknown) => isCurrent && setDryRun({ problem: (error as Error).message }),
    );
    return () => {
      isCurrent = false;
    };
  }, [percent, status.phase, status.percent, status.epoch, status.paused]);

  const carryOut = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await act(module, verbButton.verb, parameters);
      onClose();
    } catch (error) {
      setProblem((error as Error).message);
      setBusy(false);
    }
  };
  const refusal = dryRun === 'asked' ? null : 'problem' in dryRun ? dryRun.problem : dryRun.answer.refusal;
  const mayDo = dryRun !== 'asked' && !refusal && !busy && (!verbButton.typed || typed === module);
  return (
    <dialog ref={dialog} onClose={onClose} aria-labelledby="verbButton">
      <h2 id="verbButton">
        {verbButton.label.replace('…', '')}: {module}
      </h2>
      <p>{verbButton.meaning}</p>
      {verbButton.asks === 'percent' && (
        <label class="slider">
          {percentText(percent)}
          <input
            type="range"
            min="0"
            max="100"
            list="ramp"
            value={percent}
            onInput={(event) => setPercent(Number(event.currentTarget.value))}
          />
          <datalist id="ramp">
            {rampOf(status).map((each) => (
              <option key={each} value={each} label={String(each)} />
            ))}
          </datalist>
        </label>
      )}
      <div class="dry-run" aria-live="polite">
        {dryRun === 'asked' && <p>What it would do is asked…</p>}
        {dryRun !== 'asked' && 'answer' in dryRun && (
          <ol>
            {dryRun.answer.plan.map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ol>
        )}
        {dryRun !== 'asked' && 'answer' in dryRun && dryRun.answer.plan.length === 0 && !refusal && (
          <p class="nothing">There is nothing to do.</p>
        )}
        {refusal && <p class="refusal">Not now: {refusal}</p>}
        {problem && (
          <p class="refusal" role="alert">
            Refused: {problem}
          </p>
        )}
      </div>
      {verbButton.typed && (
        <label>
          Type <b>{module}</b> to confirm
          <input value={typed} autocomplete="off" onInput={(event) => setTyped(event.currentTarget.value)} />
        </label>
      )}
      <footer>
        <button type="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
        <button type="button" class="primary" disabled={!mayDo} onClick={() => void carryOut()}>
          {verbButton.label.replace('…', '')}
        </button>
      </footer>
    </dialog>
  );
}

/** The shares at which it stops on its way. */
const rampOf = ({ settings }: ModuleStatus): number[] => {
  const ramp = settings.find(({ key }) => key === 'ramp')?.value;
  return Array.isArray(ramp) ? ramp.filter((each): each is number => typeof each === 'number') : [];
};

const nextShare = (status: ModuleStatus): number =>
  rampOf(status).find((each) => each > status.percent) ?? Math.round(status.percent);
