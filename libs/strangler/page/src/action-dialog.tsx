import { useEffect, useRef, useState } from 'preact/hooks';
import { act, type Planned } from './api.js';
import type { VerbButton } from './verb-buttons.js';
import { QuestionFields } from './question-fields.js';
import type { Answers } from './questions.js';
import { bodyOf, offeredShare, type Subject } from './subject.js';

/** What would be done, and what was asked for then. */
type DryRun = { askedFor: string } & ({ answer: Planned } | { problem: string });

/** Somebody who types, or draws a slider, is not asked about each step of it, in ms. */
const typingMs = 200;

/** Shows what a verb would do, and does it when that is confirmed. */
export function ActionDialog({
  subject,
  verbButton,
  onClose,
}: {
  subject: Subject;
  verbButton: VerbButton<string>;
  onClose: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const { asks = [] } = verbButton;
  const [answers, setAnswers] = useState<Answers>(
    asks.includes('percent') ? { percent: String(offeredShare(subject)) } : {},
  );
  const [typed, setTyped] = useState('');
  const [dryRun, setDryRun] = useState<DryRun | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const { name, path, state } = subject;
  const body = bodyOf(subject, verbButton, answers);

  useEffect(() => dialog.current?.showModal(), []);
  // What it would do depends on what is asked for, and on how it stands now.
  const askedFor = JSON.stringify([body, state]);
  useEffect(() => {
    let isCurrent = true;
    const ask = () =>
      void act(path, verbButton.verb, { ...body, dryRun: true }).then(
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
      await act(path, verbButton.verb, body);
      onClose();
    } catch (error) {
      setProblem((error as Error).message);
      setBusy(false);
    }
  };
  const isAsked = dryRun?.askedFor !== askedFor;
  const answer = dryRun && 'answer' in dryRun ? dryRun.answer : null;
  const refusal = dryRun && 'problem' in dryRun ? dryRun.problem : answer?.refusal;
  const mayDo = !isAsked && !refusal && !busy && (!verbButton.typed || typed === name);
  return (
    <dialog ref={dialog} onClose={onClose} aria-labelledby="verbButton">
      <h2 id="verbButton">
        {verbButton.label.replace('…', '')}: {name}
      </h2>
      <p>{verbButton.meaning}</p>
      {asks.length > 0 && (
        <QuestionFields
          {...{ asks, subject, answers }}
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
          Type <b>{name}</b> to confirm
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
