import type { ComponentChildren } from 'preact';
import { useList } from './use-answer.js';

/** A list, or why there is none. */
export function Shown<T>({
  path,
  none,
  children,
}: {
  path: string;
  none: string;
  children: (list: readonly T[]) => ComponentChildren;
}) {
  const { list, problem } = useList<T>(path);
  if (problem) return <p role="alert">{problem}</p>;
  if (!list) return <p>…</p>;
  return <>{list.length === 0 ? <p>{none}</p> : children(list)}</>;
}
