import type { ComponentChildren } from 'preact';
import type { SilentSide } from '../../src/control/terms/silent-side.js';
import { useAnswer } from './use-answer.js';

/** Sides that were to say what they have, and do not answer. */
export const Silent = ({ sides }: { sides: readonly SilentSide[] }) => (
  <>
    {sides.map(({ module, side }) => (
      <p key={`${module} ${side}`} role="alert">
        The {side} side of {module} does not answer: what it has is not among these.
      </p>
    ))}
  </>
);

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
  const { answer, problem } = useAnswer<{ items: readonly T[]; silent?: readonly SilentSide[] }>(path);
  if (problem) return <p role="alert">{problem}</p>;
  if (!answer) return <p>…</p>;
  const { items, silent = [] } = answer;
  return (
    <>
      <Silent sides={silent} />
      {items.length > 0 ? children(items) : silent.length === 0 && <p>{none}</p>}
    </>
  );
}
