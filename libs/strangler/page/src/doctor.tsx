import { useEffect, useState } from 'preact/hooks';
import type { Finding } from '../../src/control/terms/views.js';
import { items } from './api.js';

const everyMs = 10_000;

/** What is stuck, what it means, what frees it. */
export function Doctor({ onRepair, mayAct }: { onRepair: (module: string) => void; mayAct: boolean }) {
  const [findings, setFindings] = useState<readonly Finding[]>([]);
  useEffect(() => {
    const look = () => void items<Finding>('doctor').then(setFindings, () => undefined);
    look();
    const timer = setInterval(look, everyMs);
    return () => clearInterval(timer);
  }, []);
  if (findings.length === 0) return <p class="well">Doctor: nothing is stuck.</p>;
  return (
    <section aria-label="Doctor" class="doctor">
      {findings.map(({ module, problem, meaning, remedy, repairable, byItself }) => (
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
