import type { Finding } from '../terms/views.js';
import type { ProcessView } from './processes.js';

/** So long two processes may differ after an edit, in ms: each reads the file by itself. */
const settleMs = 5_000;

const nameOf = ({ host, pid }: ProcessView): string => `process ${pid} on ${host}`;

/** What is wrong with the files that the processes read. Pure. */
export const noticesOf = (processes: readonly ProcessView[]): Finding[] =>
  [...refusals(processes), ...disagreements(processes)].map((each) => ({
    ...each,
    module: null,
    repairable: false,
  }));

type Found = Omit<Finding, 'module' | 'repairable'>[];

function refusals(processes: readonly ProcessView[]): Found {
  const problems = new Set(processes.flatMap(({ problem }) => problem ?? []));
  return [...problems].map((problem) => {
    const readers = processes.filter((each) => each.problem === problem).map(nameOf);
    return {
      problem,
      meaning: `what was in force before stays in force (read by ${readers.join(', ')})`,
      remedy: 'change that line, and save: it is read again by itself',
    };
  });
}

function disagreements(processes: readonly ProcessView[]): Found {
  const settled = processes.filter(({ readMs }) => readMs > settleMs);
  if (new Set(settled.map(({ hash }) => hash)).size < 2) return [];
  const files = settled.map((each) => `${nameOf(each)} reads ${each.file} (${detailsOf(each)})`);
  return [
    {
      problem: `the processes read different files: ${files.join('; ')}`,
      meaning:
        'the file of the process that leads a module counts; when another begins to lead, its file does',
      remedy: 'give all of them the same file',
    },
  ];
}

/** Two texts that differ are told by the begin of their hashes. */
function detailsOf({ hash, leads }: ProcessView): string {
  const text = hash === null ? 'not there' : `text ${hash.slice(0, 8)}`;
  return leads.length === 0 ? text : `${text}, leads ${leads.join(', ')}`;
}

/** Which process leads a module, in words; null: none of those that are known. */
export function leaderIn(module: string, processes: readonly ProcessView[]): string | null {
  const leader = processes.find(({ leads }) => leads.includes(module));
  return leader ? `${nameOf(leader)}, which reads ${leader.file}` : null;
}
