import { useEffect, useState } from 'preact/hooks';
import { figuresInWords } from '../../src/cli/text/history-figures.js';
import type { HistoryEntry } from '../../src/control/terms/views.js';
import { get } from './api.js';
import { time } from './format.js';
import { pathOf } from './paths.js';
import { useLast, useList } from './use-answer.js';

const shown = 100;

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
  const path = `${pathOf(module, 'history')}?limit=${shown}`;
  const { list, problem } = useList<HistoryEntry>(path, null, opened);
  const newest = useLast(module, list);
  const earlier = useEarlier(module, path);
  const entries = together(fresh, [...(newest ?? []), ...earlier.entries]);
  return (
    <>
      {problem && <p role="alert">{problem}</p>}
      {entries.length === 0 && !problem && <p>{newest ? 'Nothing has happened yet.' : '…'}</p>}
      <ol class="timeline">
        {entries.map((entry) => (
          <Entry key={entry.id} entry={entry} />
        ))}
      </ol>
      {earlier.problem && <p role="alert">{earlier.problem}</p>}
      {newest?.length === shown && !earlier.isAll && (
        <button type="button" disabled={earlier.isAsked} onClick={() => earlier.ask(entries.at(-1)!.id)}>
          Show earlier
        </button>
      )}
    </>
  );
}

interface Earlier {
  entries: readonly HistoryEntry[];
  /** There are none before these. */
  isAll: boolean;
  isAsked: boolean;
  problem: string | null;
}

const none: Earlier = { entries: [], isAll: false, isAsked: false, problem: null };

/** What was before the newest, as far back as somebody goes. `ask`: for those before the entry with that id. */
function useEarlier(module: string, path: string): Earlier & { ask: (before: number) => void } {
  const [known, setKnown] = useState(none);
  useEffect(() => setKnown(none), [module]);
  const ask = (before: number) => {
    setKnown((now) => ({ ...now, isAsked: true, problem: null }));
    get<{ items: HistoryEntry[] }>(`${path}&before=${before}`).then(
      ({ items }) =>
        setKnown(({ entries }) => ({
          ...none,
          entries: [...entries, ...items],
          isAll: items.length < shown,
        })),
      (error: unknown) => setKnown((now) => ({ ...now, isAsked: false, problem: (error as Error).message })),
    );
  };
  // What is answered late may be of the module that was looked at before.
  const entries = known.entries.filter((entry) => entry.module === module);
  return { ...known, entries, ask };
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
