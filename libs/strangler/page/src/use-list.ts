import { useEffect, useState } from 'preact/hooks';
import { items } from './api.js';

/** A list as it is now, asked for again every few seconds while it is looked at; `undefined`: it is not there yet. */
export function useList<T>(
  path: string,
  everyMs = 5_000,
): { list: readonly T[] | undefined; problem: string | null } {
  const [state, setState] = useState<{ path: string; list?: readonly T[]; problem: string | null }>({
    path,
    problem: null,
  });
  useEffect(() => {
    let isCurrent = true;
    const look = () =>
      void items<T>(path).then(
        (list) => isCurrent && setState({ path, list, problem: null }),
        (error: unknown) =>
          isCurrent && setState((before) => ({ ...before, path, problem: (error as Error).message })),
      );
    look();
    const timer = setInterval(look, everyMs);
    return () => {
      isCurrent = false;
      clearInterval(timer);
    };
  }, [path, everyMs]);
  return { list: state.path === path ? state.list : undefined, problem: state.problem };
}
