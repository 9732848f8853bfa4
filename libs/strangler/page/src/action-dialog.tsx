import { useEffect, useRef, useState } from 'preact/hooks';
import type { HistoryEntry } from '../../src/control/terms/views.js';
import { act, type Planned } from './api.js';
import { commandIn } from './command-in.js';
import { Copied } from './copied.js';
import { Entry } from './timeline.js';
import type { VerbButton } from './verb-buttons.js';
import { QuestionFields } from './question-fields.js';
import type { Answers } from './questions.js';
import { bodyOf, offeredShare, type Subject } from './subject.js';

/** What would be done, and what was asked for then. */
type DryRun = { askedFor: string } & ({ answer: Planned } | { problem: string });

/** Somebody who types, or draws a slider, is not asked about each step of it, in ms. */
const typingMs = 200;
/** What is in the way may go without the module’s doing, in ms: somebody starts its service. */
const refusedMs = 2_000;

/** So much of what happens meanwhile is shown. */
const mostMeanwhile = 4;

/**
 * Shows what a verb would do, and does it when that is confirmed: what was read, or nothing. `fresh`: what has happened since the page was
 * opened; somebody else may be at work.
 */
export function ActionDialog({
  subject,
  verbButton,
  fresh = [],
  onClose,
}: {
  subject: Subject;
  verbButton: VerbButton<string>;
  fresh?: readonly HistoryEntry[];
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
  const [openedAt] = useState(() => newestOf(fresh));
  const { name, path, state } = subject;
  const body = bodyOf(subject, verbButton, answers);

  useEffect(() => dialog.current?.showModal(), []);
  // What it would do depends on what is asked for, and on how it stands now.
  const askedFor = JSON.stringify([body, state]);
  const ask = () => act(path, verbButton.verb, { ...body, dryRun: true });
  useEffect(() => {
    let isCurrent = true;
    const look = () =>
      void ask().then(
        (answer) => {
          if (!isCurrent) return;
          setDryRun({ askedFor, answer });
          if (answer.refusal) timer = setTimeout(look, refusedMs);
        },
        (error: unknown) => isCurrent && setDryRun({ askedFor, problem: (error as Error).message }),
      );
    let timer = setTimeout(look, dryRun ? typingMs : 0);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [askedFor]);

  const carryOut = async () => {
    setBusy(true);
    setProblem(null);
    try {
      if (!verbButton.anyway && answer) await requireSame(subject, answer, ask);
      await act(path, verbButton.verb, body);
      // Not taken away: only a dialog that is closed gives the keyboard back to the button that has opened it.
      dialog.current?.close();
    } catch (error) {
      setProblem((error as Error).message);
      setBusy(false);
    }
  };
  const isAsked = dryRun?.askedFor !== askedFor;
  const answer = dryRun && 'answer' in dryRun ? dryRun.answer : null;
  const refusal = dryRun && 'problem' in dryRun ? dryRun.problem : answer?.refusal;
  const mayDo = !isAsked && !refusal && !busy && (!verbButton.typed || typed === name);
  const meanwhile = fresh.filter((entry) => entry.module === name && entry.id > openedAt);
  return (
    <dialog ref={dialog} onClose={onClose} aria-labelledby="dialog-title">
      <h2 id="dialog-title">
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
        {commandIn(refusal) && <Copied text={commandIn(refusal)!} />}
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
        {/* One that is disabled would lose the keyboard each time that it is asked anew what would be done. */}
        <button type="button" class="primary" aria-disabled={!mayDo} onClick={() => mayDo && void carryOut()}>
          {verbButton.label.replace('…', '')}
        </button>
      </footer>
      <div aria-live="polite">
        {meanwhile.length > 0 && (
          <section class="meanwhile">
            <h3>Meanwhile</h3>
            <ol class="timeline">
              {meanwhile
                .slice(-mostMeanwhile)
                .reverse()
                .map((entry) => (
                  <Entry key={entry.id} entry={entry} />
                ))}
            </ol>
          </section>
        )}
      </div>
    </dialog>
  );
}

const newestOf = (entries: readonly HistoryEntry[]): number => Math.max(0, ...entries.map(({ id }) => id));

/** What comes by itself is a second or two old: somebody may have been faster. @throws when something else is wanted by now, or would be done. */
async function requireSame(shown: Subject, read: Planned, ask: () => Promise<Planned>): Promise<void> {
  const now = await shown.look();
  if (now.state === shown.state) return;
  if (now.wish === shown.wish && JSON.stringify(await ask()) === JSON.stringify(read)) return;
  throw new Error(`${shown.name} has changed since this was shown; look what it would do now`);
}
