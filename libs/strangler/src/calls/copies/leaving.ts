import type { CopyFigures } from './recent-calls.js';

/** `leaving`: it asks the others whether it may; to them it has gone. */
export type CopyState = 'in' | 'leaving' | 'out';

/** What a copy of a service says of itself. */
export interface CopyReport {
  /** Of its process, for as long as that runs. */
  readonly id: string;
  readonly state: CopyState;
  readonly figures: CopyFigures;
  /** Why it has left; null: it has not. */
  readonly reason: string | null;
}

/** What a copy has said; `undefined`: it is of another release, or no copy, and does not count. */
export function reportIn(text: string): CopyReport | undefined {
  try {
    const { id, state, reason, figures } = JSON.parse(text) as Partial<CopyReport>;
    const { calls, failed, p90Ms } = figures!;
    const isReport =
      typeof id === 'string' &&
      states.has(state) &&
      (reason === null || typeof reason === 'string') &&
      [calls, failed, p90Ms].every(Number.isFinite);
    return isReport ? { id, state: state!, reason, figures: { calls, failed, p90Ms } } : undefined;
  } catch {
    return undefined;
  }
}

const states: ReadonlySet<unknown> = new Set<CopyState>(['in', 'leaving', 'out']);

/** Of fewer calls nothing is concluded. */
const enoughCalls = 20;
/** A copy that answers nine of ten calls within so many ms is quick enough, whatever others do. */
const quickMs = 100;
/** Slow is what takes so many times as long as it does elsewhere. */
const timesSlower = 3;
/** Failing is who fails half of its calls, and at least twice as often as others. */
const failingShare = 0.5;
const timesMoreFailures = 2;

const shareOf = ({ calls, failed }: CopyFigures): number => failed / calls;

/** Whether a copy has a reason to compare itself with the others: it is slow, or fails. Pure. */
export const isSuspect = (own: CopyFigures): boolean =>
  own.calls >= enoughCalls && (shareOf(own) >= failingShare || own.p90Ms > quickMs);

/**
 * What is wrong with this copy that is not with the others; `undefined`: nothing, or they do as badly, so that whatever they need is what fails.
 * Of several others the one in the middle is taken. Pure. Outlier detection as Envoy has it, by the copy itself.
 */
export function whatIsWrong(own: CopyFigures, others: readonly CopyReport[]): string | undefined {
  const known = others.flatMap(({ state, figures }) =>
    state === 'in' && figures.calls >= enoughCalls ? [figures] : [],
  );
  if (known.length === 0 || !isSuspect(own)) return undefined;
  const failing = middle(known.map(shareOf));
  if (shareOf(own) >= failingShare && shareOf(own) >= timesMoreFailures * failing)
    return `${own.failed} of its last ${own.calls} calls failed; of other copies ${Math.round(failing * 100)} % do`;
  const p90Ms = middle(known.map((each) => each.p90Ms));
  if (own.p90Ms > quickMs && own.p90Ms >= timesSlower * p90Ms)
    return `nine of ten calls take up to ${own.p90Ms} ms here, and ${p90Ms} ms on other copies`;
  return undefined;
}

const middle = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)]!;

/** Whether this copy may leave, too: at most half of all do. Pure. */
export const mayLeave = (others: readonly Pick<CopyReport, 'state'>[]): boolean =>
  isWithinHalf(others.filter(({ state }) => state !== 'in').length, others);

/** Whether this copy, which has left, may stay out: who is about to leave finds it gone, and stays. Pure. */
export const mayStayOut = (others: readonly Pick<CopyReport, 'state'>[]): boolean =>
  isWithinHalf(others.filter(({ state }) => state === 'out').length, others);

const isWithinHalf = (gone: number, others: readonly unknown[]): boolean =>
  (gone + 1) * 2 <= others.length + 1;
