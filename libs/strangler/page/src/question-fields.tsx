import type { ModuleStatus } from '../../src/control/terms/views.js';
import { percent as percentText } from './format.js';
import type { Answers, Question } from './questions.js';

interface Of {
  status: ModuleStatus;
  answers: Answers;
  onAnswer: (question: Question, answer: string) => void;
}

/** The fields of a dialog. What is left empty stays as it is. */
export function QuestionFields({ asks, ...of }: Of & { asks: readonly Question[] }) {
  const isOptional = asks.every((each) => each !== 'percent');
  const fields = asks.map((question) => <Field key={question} question={question} {...of} />);
  if (!isOptional) return <>{fields}</>;
  return (
    <details class="options">
      <summary>Options</summary>
      {fields}
    </details>
  );
}

function Field({ question, status, answers, onAnswer }: Of & { question: Question }) {
  const value = answers[question] ?? '';
  const answer = (event: { currentTarget: { value: string } }) =>
    onAnswer(question, event.currentTarget.value);
  switch (question) {
    case 'percent':
      return (
        <label class="slider">
          {percentText(Number(value))}
          <input type="range" min="0" max="100" list="ramp" value={value} onInput={answer} />
          <datalist id="ramp">
            {rampOf(status).map((each) => (
              <option key={each} value={each} label={String(each)} />
            ))}
          </datalist>
        </label>
      );
    case 'to':
      return (
        <label>
          Stop at{' '}
          <select value={value} onInput={answer}>
            <option value="">monolith</option>
            <option>dual-write</option>
            <option>shadow</option>
          </select>
        </label>
      );
    case 'ramp':
      return (
        <label>
          Stop at these shares, in %
          <input placeholder={rampOf(status).join(',')} value={value} onInput={answer} />
        </label>
      );
    case 'bake':
      return (
        <label>
          Watch each step for
          <input placeholder={settingOf(status, 'bake')} value={value} onInput={answer} />
        </label>
      );
    case 'minSamples':
      return (
        <label>
          Calls that a gate needs at least
          <input
            type="number"
            min="0"
            placeholder={settingOf(status, 'gates.minSamples')}
            value={value}
            onInput={answer}
          />
        </label>
      );
  }
}

function settingOf({ settings }: ModuleStatus, wanted: string): string {
  const value = settings.find(({ key }) => key === wanted)?.value;
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** The shares at which it stops on its way. */
const rampOf = ({ settings }: ModuleStatus): number[] => {
  const ramp = settings.find(({ key }) => key === 'ramp')?.value;
  return Array.isArray(ramp) ? ramp.filter((each): each is number => typeof each === 'number') : [];
};

/** The share that a slider begins at: where the module is to be, else the next one of its ramp. */
export const shareToAsk = (status: ModuleStatus): number =>
  status.wanted.percent ?? rampOf(status).find((each) => each > status.percent) ?? Math.round(status.percent);
