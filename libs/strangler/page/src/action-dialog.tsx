import { useEffect, useRef, useState } from 'preact/hooks';
import type { ActionAnswer } from '../../src/control/commands/operator.js';
import type { ModuleStatus } from '../../src/control/terms/views.js';
import { act } from './api.js';
import type { Deed } from './deeds.js';
import { percent as percentText } from './format.js';

type Outlook = { answer: ActionAnswer } | { problem: string } | 'asked';

/** Shows what a deed would do, and does it when that is confirmed. */
export function ActionDialog({
  status,
  deed,
  onClose,
}: {
  status: ModuleStatus;
  deed: Deed;
  onClose: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [percent, setPercent] = useState(status.wanted.percent ?? nextShare(status));
  const [typed, setTyped] = useState('');
  const [outlook, setOutlook] = useState<Outlook>('asked');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const { module, wanted } = status;
  const parameters = {
    ...deed.parameters,
    ...(deed.asks === 'percent' && { percent }),
    ...(deed.steers && wanted.by === 'file' && { write: true }),
    ...(deed.verb === 'decommission' && { confirm: module }),
  };

  useEffect(() => dialog.current?.showModal(), []);
  // What it would do depends on what is asked for, and on where the module stands now.
  useEffect(() => {
    let isCurrent = true;
    void act(module, deed.verb, { ...parameters, dryRun: true }).then(
      (answer) => isCurrent && setOutlook({ answer }),
      (error: unknown) => isCurrent && setOutlook({ problem: (error as Error).message }),
    );
    return () => {
      isCurrent = false;
    };
  }, [percent, status.phase, status.percent, status.epoch, status.paused]);

  const carryOut = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await act(module, deed.verb, parameters);
      onClose();
    } catch (error) {
      setProblem((error as Error).message);
      setBusy(false);
    }
  };
  const refusal =
    outlook === 'asked' ? null : 'problem' in outlook ? outlook.problem : outlook.answer.refusal;
  const mayDo = outlook !== 'asked' && !refusal && !busy && (!deed.typed || typed === module);
  return (
    <dialog ref={dialog} onClose={onClose} aria-labelledby="deed">
      <h2 id="deed">
        {deed.label.replace('…', '')}: {module}
      </h2>
      <p>{deed.meaning}</p>
      {deed.asks === 'percent' && (
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
      <div class="outlook" aria-live="polite">
        {outlook === 'asked' && <p>What it would do is asked…</p>}
        {outlook !== 'asked' && 'answer' in outlook && (
          <ol>
            {outlook.answer.plan.map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ol>
        )}
        {outlook !== 'asked' && 'answer' in outlook && outlook.answer.plan.length === 0 && !refusal && (
          <p class="nothing">There is nothing to do.</p>
        )}
        {refusal && <p class="refusal">Not now: {refusal}</p>}
        {problem && (
          <p class="refusal" role="alert">
            Refused: {problem}
          </p>
        )}
      </div>
      {deed.typed && (
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
          {deed.label.replace('…', '')}
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
