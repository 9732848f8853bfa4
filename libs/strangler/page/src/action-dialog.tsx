import { useEffect, useRef, useState } from 'preact/hooks';
import type { ActionAnswer } from '../../src/control/commands/operator.js';
import type { ModuleStatus } from '../../src/control/terms/views.js';
import { act } from './api.js';
import type { VerbButton } from './verb-buttons.js';
import { QuestionFields, shareToAsk } from './question-fields.js';
import { parametersOf, type Answers } from './questions.js';

/** What would be done, and what was asked for then. */
type DryRun = { askedFor: string } & ({ answer: ActionAnswer } | { problem: string });

/** Somebody who types, or draws a slider, is not asked about each step of it, in ms. */
const typingMs = 200;

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
  const { asks = [] } = verbButton;
  const [answers, setAnswers] = useState<Answers>(
    asks.includes('percent') ? { percent: String(shareToAsk(status)) } : {},
  );
  const [typed, setTyped] = useState('');
  const [dryRun, setDryRun] = useState<DryRun | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const { module, wanted } = status;
  const parameters = {
    ...verbButton.parameters,
    ...parametersOf(answers),
    ...(verbButton.steers && wanted.by === 'file' && { write: true }),
    ...(verbButton.verb === 'decommission' && { confirm: module }),
  };

  useEffect(() => dialog.current?.showModal(), []);
  // What it would do depends on what is asked for, and on where the module stands now.
  const { phase, percent, epoch, paused, transition } = status;
  const standing = [phase, percent, epoch, paused, transition?.action, wanted];
  const askedFor = JSON.stringify([parameters, standing]);
  useEffect(() => {
    let isCurrent = true;
    const ask = () =>
      void act(module, verbButton.verb, { ...parameters, dryRun: true }).then(
        (answer) => isCurrent && setDryRun({ askedFor, answer }),
        (error: unknown) => isCurrent && setDryRun({ askedFor, problem: (error as Error).message }),
      );
    const timer = setTimeout(ask, dryRun ? typingMs : 0);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [askedFor]);

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
  const isAsked = dryRun?.askedFor !== askedFor;
  const answer = dryRun && 'answer' in dryRun ? dryRun.answer : null;
  const refusal = dryRun && 'problem' in dryRun ? dryRun.problem : answer?.refusal;
  const mayDo = !isAsked && !refusal && !busy && (!verbButton.typed || typed === module);
  return (
    <dialog ref={dialog} onClose={onClose} aria-labelledby="verbButton">
      <h2 id="verbButton">
        {verbButton.label.replace('…', '')}: {module}
      </h2>
      <p>{verbButton.meaning}</p>
      {asks.length > 0 && (
        <QuestionFields
          {...{ asks, status, answers }}
          onAnswer={(question, given) => setAnswers((before) => ({ ...before, [question]: given }))}
        />
      )}
      <div class="dry-run" aria-live="polite" aria-busy={isAsked}>
        {!dryRun && <p>What it would do is asked…</p>}
        {answer && (
          <ol>
            {answer.plan.map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ol>
        )}
        {answer?.plan.length === 0 && !refusal && <p class="nothing">There is nothing to do.</p>}
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
