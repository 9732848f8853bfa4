import type { VerbButton } from './verb-buttons.js';

interface VerbBarProps<Verb extends string> {
  /** Whose verbs they are. */
  name: string;
  mayAct: boolean;
  steps: readonly VerbButton<Verb>[];
  back: VerbButton<Verb>;
  /** What going back costs. */
  backNote?: string;
  /** There is something to go back from. */
  isAway: boolean;
  rare: readonly VerbButton<Verb>[];
  onVerb: (verbButton: VerbButton<Verb>) => void;
}

/** All that can be done with a module, or a route of the edge. A viewer sees what there is. */
export function VerbBar<Verb extends string>(props: VerbBarProps<Verb>) {
  const { name, mayAct, steps, back, backNote, isAway, rare, onVerb } = props;
  // By its place: the one that was pressed keeps the keyboard when it says Resume instead of Pause.
  const button = (verbButton: VerbButton<Verb>, place = 0) => (
    <button
      key={place}
      type="button"
      disabled={!mayAct}
      title={mayAct ? verbButton.meaning : 'A viewer sees all, and does nothing.'}
      onClick={() => onVerb(verbButton)}
    >
      {verbButton.label}
    </button>
  );
  return (
    <div class="actions" role="toolbar" aria-label={`What can be done with ${name}`}>
      {steps.map(button)}
      <span class={isAway ? 'back' : 'back home'}>
        <b class="of">{name}</b> {button(back)} {backNote !== undefined && <small>{backNote}</small>}
      </span>
      <details>
        <summary>More</summary>
        <div>{rare.map(button)}</div>
      </details>
    </div>
  );
}
