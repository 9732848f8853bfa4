import type { Column } from './table.js';
import type { VerbButton } from './verb-buttons.js';

/** Whose list it is, and who looks at it. */
export interface OfModule {
  module: string;
  mayAct: boolean;
  onVerb: (verbButton: VerbButton) => void;
}

/** What can be done about one row; null: not about this one. */
export const buttons = <T,>(
  { mayAct, onVerb }: OfModule,
  ways: Readonly<Record<string, (row: T) => VerbButton | null>>,
): Column<T> => ({
  title: 'what to do',
  of: (row) =>
    Object.entries(ways).map(([name, verbButtonOf]) => {
      const verbButton = verbButtonOf(row);
      return (
        verbButton && (
          <button
            key={name}
            type="button"
            class="small"
            disabled={!mayAct}
            title={verbButton.meaning}
            onClick={() => onVerb(verbButton)}
          >
            {name}
          </button>
        )
      );
    }),
});
