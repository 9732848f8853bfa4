import { useEffect, useState } from 'preact/hooks';
import { get } from './api.js';

/** What is answered now, asked for again every few seconds while it is looked at; `undefined`: it is not there yet. */
export function useAnswer<T>(
  path: string,
  everyMs = 5_000,
): { answer: T | undefined; problem: string | null } {
  const [state, setState] = useState<{ path: string; answer?: T; problem: string | null }>({
    path,
    problem: null,
  });
  useEffect(() => {
    let isCurrent = true;
    const look = () =>
      void get<T>(path).then(
        (answer) => isCurrent && setState({ path, answer, problem: null }),
        (error: unknown) =>
          isCurrent &&
          setState((before) => ({
            ...(before.path === path ? before : { path }),
            problem: (error as Error).message,
          })),
      );
    look();
    const timer = setInterval(look, everyMs);
    return () => {
      isCurrent = false;
      clearInterval(timer);
    };
  }, [path, everyMs]);
  return { answer: state.path === path ? state.answer : undefined, problem: state.problem };
}

/** A list as it is now. */
export function useList<T>(
  path: string,
  everyMs?: number,
): { list: readonly T[] | undefined; problem: string | null } {
  const { answer, problem } = useAnswer<{ items: T[] }>(path, everyMs);
  return { list: answer?.items, problem };
}
