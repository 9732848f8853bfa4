import { useState } from 'preact/hooks';
import { figuresInWords } from '../../src/cli/text/history-figures.js';
import type { HistoryEntry } from '../../src/control/terms/views.js';
import { time } from './format.js';
import { pathOf } from './paths.js';
import { useLast, useList } from './use-answer.js';

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
  const [limit, setLimit] = useState(shown);
  const { list, problem } = useList<HistoryEntry>(
    `${pathOf(module, 'history')}?limit=${limit}`,
    null,
    opened,
  );
  const older = useLast(module, list);
  const entries = together(fresh, older ?? []);
  return (
    <>
      {problem && <p role="alert">{problem}</p>}
      {entries.length === 0 && !problem && <p>{older ? 'Nothing has happened yet.' : '…'}</p>}
      <ol class="timeline">
        {entries.map((entry) => (
          <Entry key={entry.id} entry={entry} />
        ))}
      </ol>
      {older?.length === limit && limit < most && (
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
