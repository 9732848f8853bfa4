import { useEffect, useRef, useState } from 'preact/hooks';
import { get } from './api.js';
import { askRepeatedly } from './ask-repeatedly.js';

/** What is known of a question. */
export interface Known<T> {
  /** `undefined`: it is not there yet. */
  answer: T | undefined;
  /** Why the last one was not answered; what was answered before stays. */
  problem: string | null;
}

/** What is answered now, asked for again every few seconds while it is looked at; `everyMs` null: once, and once with each other `round`. */
export function useAnswer<T>(path: string, everyMs: number | null = 5_000, round = 0): Known<T> {
  const [known, setKnown] = useState<Known<T> & { path: string }>({ path, ...nothing });
  useEffect(
    () =>
      askRepeatedly(() => get<T>(path), everyMs, {
        answer: (answer) => setKnown({ path, answer, problem: null }),
        failure: ({ message: problem }) =>
          setKnown((before) => ({ ...(before.path === path ? before : { path, ...nothing }), problem })),
      }),
    [path, everyMs, round],
  );
  return known.path === path ? known : nothing;
}

const nothing = { answer: undefined, problem: null };

/** A list as it is now. */
export function useList<T>(...question: Parameters<typeof useAnswer>): {
  list: readonly T[] | undefined;
  problem: string | null;
} {
  const { answer, problem } = useAnswer<{ items: T[] }>(...question);
  return { list: answer?.items, problem };
}

/** The last value that was there under a key: what is asked for anew is shown as it was until it is answered. */
export function useLast<T>(key: string, value: T | undefined): T | undefined {
  const last = useRef({ key, value });
  if (value !== undefined) last.current = { key, value };
  return last.current.key === key ? last.current.value : undefined;
}
