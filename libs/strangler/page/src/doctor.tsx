import type { Finding } from '../../src/control/terms/views.js';
import { useList } from './use-answer.js';
import { urgentFirst } from './words.js';

const everyMs = 10_000;

/** What is stuck, what it means, what frees it. `heard`: changes with whatever happens; it is asked anew then. */
export function Doctor({
  onRepair,
  mayAct,
  heard,
}: {
  onRepair: (module: string) => void;
  mayAct: boolean;
  heard: number;
}) {
  const { list: findings, problem } = useList<Finding>('doctor', everyMs, heard);
  // What was found out before may not be so any more.
  if (problem) return <p role="alert">Doctor does not answer: {problem}</p>;
  if (!findings) return <p>Doctor: …</p>;
  if (findings.length === 0) return <p class="well">Doctor: nothing is stuck.</p>;
  return (
    <section aria-label="Doctor" class="doctor">
      {urgentFirst(findings).map(({ module, problem, meaning, remedy, repairable, byItself }) => (
        <details key={`${module} ${problem}`} class={byItself ? 'note' : 'finding'}>
          <summary>
            {module === null ? '' : `${module}: `}
            {problem}
          </summary>
          <p>{meaning}</p>
          <p>
            <code>{remedy}</code>
            {repairable && module !== null && (
              <button type="button" disabled={!mayAct} onClick={() => onRepair(module)}>
                Repair
              </button>
            )}
          </p>
        </details>
      ))}
    </section>
  );
}
