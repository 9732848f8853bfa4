import { useEffect, useState } from 'preact/hooks';
import { figuresInWords } from '../../src/cli/text/history-figures.js';
import type { HistoryEntry } from '../../src/control/terms/views.js';
import { items } from './api.js';
import { time } from './format.js';

const shown = 100;
const most = 1_000;

/**
 * Who did what, when, why, by which figures; the newest first. `fresh`: what came since the page was opened; `opened`: how often the stream
 * was that brings it. With each time it is asked what has come while there was none.
 */
export function Timeline({
  module,
  fresh,
  opened,
}: {
  module: string;
  fresh: readonly HistoryEntry[];
  opened: number;
}) {
  const [older, setOlder] = useState<readonly HistoryEntry[]>([]);
  const [limit, setLimit] = useState(shown);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    let isCurrent = true;
    items<HistoryEntry>(`modules/${encodeURIComponent(module)}/history?limit=${limit}`).then(
      (entries) => {
        if (!isCurrent) return;
        setOlder(entries);
        setProblem(null);
      },
      (error: unknown) => isCurrent && setProblem((error as Error).message),
    );
    return () => {
      isCurrent = false;
    };
  }, [module, limit, opened]);
  const entries = together(
    fresh,
    older.filter((entry) => entry.module === module),
  );
  if (problem) return <p role="alert">{problem}</p>;
  if (entries.length === 0) return <p>Nothing has happened yet.</p>;
  return (
    <>
      <ol class="timeline">
        {entries.map((entry) => (
          <Entry key={entry.id} entry={entry} />
        ))}
      </ol>
      {older.length === limit && limit < most && (
        <button type="button" onClick={() => setLimit(most)}>
          Show more
        </button>
      )}
    </>
  );
}

/** Who did what, when, and why. */
export const Entry = ({ entry }: { entry: HistoryEntry }) => (
  <li class={entry.outcome}>
    <time dateTime={entry.at}>{time(entry.at)}</time>
    <b>{entry.action}</b> {entry.outcome}
    {entry.from !== entry.to && ` · ${entry.from} → ${entry.to}`} · {entry.actor}
    {entry.reason && <p>{entry.reason}</p>}
    <small>{figuresInWords(entry.figures)}</small>
  </li>
);

/** Each once. */
function together(fresh: readonly HistoryEntry[], older: readonly HistoryEntry[]): HistoryEntry[] {
  const byId = new Map([...older, ...fresh].map((entry) => [entry.id, entry]));
  return [...byId.values()].sort((a, b) => b.id - a.id);
}
