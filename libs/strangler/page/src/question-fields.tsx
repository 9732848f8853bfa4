import { percent as percentText } from './format.js';
import type { Answers, Question } from './questions.js';
import type { Subject } from './subject.js';

interface Of {
  subject: Subject;
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

function Field({ question, subject: { inForce }, answers, onAnswer }: Of & { question: Question }) {
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
            {inForce.ramp.map((each) => (
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
    case 'from':
      return (
        <label>
          Only events that were told at this time or later
          <input type="datetime-local" value={value} onInput={answer} />
        </label>
      );
    case 'ramp':
      return (
        <label>
          Stop at these shares, in %
          <input placeholder={inForce.ramp.join(',')} value={value} onInput={answer} />
        </label>
      );
    case 'bake':
      return (
        <label>
          Watch each step for
          <input placeholder={inForce.bake} value={value} onInput={answer} />
        </label>
      );
    case 'minSamples':
      return (
        <label>
          Calls that a gate needs at least
          <input type="number" min="0" placeholder={inForce.minSamples} value={value} onInput={answer} />
        </label>
      );
  }
}
