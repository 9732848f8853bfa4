import type { Clock } from '../control/clock.js';
import type { Side } from '../phase.js';
import type { SideControl, SideState } from '../side/side.js';

/**
 * Buckets that change their owner. This is all that has to be journalled, and before the first step: how far the move has
 * come stands in the ownership rows of the two sides, which no stale journal can contradict.
 */
export interface HandOff {
  /** The owner before, and the one after. */
  from: Side;
  to: Side;
  /** At which both sides are before it begins. */
  epoch: number;
  /** Buckets below belong to `extracted`, before and after. */
  oldBelow: number;
  newBelow: number;
  /** Under which number the owner was told that owners may change, in time for all who read there; left out: it does not matter. */
  mayShift?: number | null;
}

/** How it ended. `stuck`: buckets stay fenced, nobody owns them; {@link settle} has to be called again. */
export interface HandOffEnd {
  outcome: 'done' | 'aborted' | 'stuck';
  reason: string | null;
  /** How long the buckets were owned by nobody, in ms; null: not measured, it was ended by another run. */
  fencedMs: number | null;
}

/** What it is doing now. */
export type HandOffStep = 'fence' | 'drain' | 'own' | 'release' | 'raise';

export interface HandOffOptions {
  clock: Clock;
  /** How long buckets may be fenced before it is aborted, in ms. */
  drainMs: number;
  /** Why it is to be given up; asked every now and then while the buckets are fenced. */
  givenUp?: () => Promise<string | undefined>;
  onStep?: (step: HandOffStep) => void;
}

type Sides = Readonly<Record<Side, SideControl>>;

const watchMs = 100;

/** The hand-off of `[oldBelow, newBelow)` upwards or downwards. */
export function handOffTo(newBelow: number, epoch: number, oldBelow: number): HandOff {
  const up = newBelow > oldBelow;
  return {
    from: up ? 'monolith' : 'extracted',
    to: up ? 'extracted' : 'monolith',
    epoch,
    oldBelow,
    newBelow,
  };
}

const rangeOf = ({ oldBelow, newBelow }: HandOff) => ({
  from: Math.min(oldBelow, newBelow),
  to: Math.max(oldBelow, newBelow),
});

/** Why no hand-off may begin, as the two sides are now; empty: it may. `lagMs`: the most that either may be behind. */
export function handOffProblems(states: Readonly<Record<Side, SideState>>, lagMs: number): string[] {
  const { monolith, extracted } = states;
  const problems = (['monolith', 'extracted'] as const).flatMap((side) =>
    sideProblems(side, states[side], lagMs),
  );
  if (monolith.ownership.epoch !== extracted.ownership.epoch) {
    problems.push(
      `the sides are at different epochs (monolith ${monolith.ownership.epoch}, extracted ${extracted.ownership.epoch})`,
    );
  }
  if (monolith.ownership.extractedBelow !== extracted.ownership.extractedBelow) {
    problems.push('the sides do not agree on the border');
  }
  return problems;
}

function sideProblems(side: Side, { ownership, outgoing }: SideState, lagMs: number): string[] {
  const problems: string[] = [];
  if (ownership.fenceFrom !== null) problems.push(`${side} has fenced buckets`);
  if (!ownership.capture) problems.push(`${side} does not capture its changes`);
  if (outgoing.degradedSince !== null)
    problems.push(`${side} is degraded: ${outgoing.reason ?? 'not confirmed'}`);
  if (outgoing.parked > 0) problems.push(`${side} has ${outgoing.parked} parked rows`);
  // A chunk that is still on its way has no row in the outbox: a hand-off would not wait for it.
  const copying = outgoing.backfill.filter(({ done }) => !done).map(({ table }) => table);
  if (copying.length > 0)
    problems.push(`${side} is still copying its rows from before (${copying.sort().join(', ')})`);
  if (outgoing.lagMs > lagMs)
    problems.push(`${side} is ${Math.round(outgoing.lagMs)} ms behind (limit ${lagMs} ms)`);
  return problems;
}

/**
 * Moves the buckets: fence on `from`, drain its outbox, own on `to`, release on `from`. Whatever happens in between, it ends
 * with one owner and no fence, or it says that it is stuck. Never throws because of a side.
 */
export async function handOff(sides: Sides, plan: HandOff, options: HandOffOptions): Promise<HandOffEnd> {
  const { clock, onStep } = options;
  const begun = clock.now();
  const over = new AbortController();
  const failure = await Promise.race([
    fenceAndDrain(sides[plan.from], plan, options, over.signal).catch((error: unknown) => messageOf(error)),
    untilGivenUp(options, over.signal),
  ]);
  over.abort();
  if (failure !== undefined) return settle(sides, plan, { onStep, reason: failure });
  onStep?.('own');
  const epoch = plan.epoch;
  const owned = await attempt(() => sides[plan.to].own({ epoch, extractedBelow: plan.newBelow }));
  // Without an answer nobody knows whether it owns: settling finds out, by raising its epoch.
  if (owned !== true) {
    return settle(sides, plan, { onStep, reason: `${plan.to} did not take over: ${whyNot(owned)}` });
  }
  return release(sides, plan, { onStep, fencedMs: clock.now() - begun });
}

/** Resolves to undefined when nothing of the buckets is left in the outbox, else to the reason. */
async function fenceAndDrain(
  from: SideControl,
  plan: HandOff,
  { onStep }: HandOffOptions,
  signal: AbortSignal,
): Promise<string | undefined> {
  const range = rangeOf(plan);
  onStep?.('fence');
  const upTo = await from.fence({ epoch: plan.epoch, ...range, mayShift: plan.mayShift ?? null });
  if (upTo === null) return `${plan.from} is not at epoch ${plan.epoch}`;
  onStep?.('drain');
  while (!signal.aborted) {
    if (await from.drained({ ...range, upTo })) return undefined;
  }
  return 'given up';
}

async function untilGivenUp(
  { clock, drainMs, givenUp }: HandOffOptions,
  signal: AbortSignal,
): Promise<string> {
  const deadline = clock.now() + drainMs;
  while (!signal.aborted) {
    const left = deadline - clock.now();
    if (left <= 0) {
      return `the buckets were fenced for ${drainMs} ms: a writer is still inside, or changes are still on their way`;
    }
    await clock.sleep(Math.min(watchMs, left), signal);
    const reason = await givenUp?.().catch(() => undefined);
    if (reason) return reason;
  }
  return 'over';
}

/**
 * Ends a hand-off that was begun and of which nobody knows how far it came: after a crash, a lost answer, a deadline. If
 * `to` owns, there is only forward. Else it is taken back: `to` first, so that a late `own` is refused, then `from`. If
 * `to` cannot be asked, the buckets stay fenced: two owners never.
 */
export async function settle(
  sides: Sides,
  plan: HandOff,
  { reason, onStep }: { reason: string; onStep?: HandOffOptions['onStep'] },
): Promise<HandOffEnd> {
  onStep?.('raise');
  const { epoch, to } = plan;
  const raised = await attempt(() => sides[to].raise({ epoch, to: epoch + 2 }));
  const fate = raised === true ? 'refuses' : await fateOf(sides[to], plan);
  if (fate === 'owns') return release(sides, plan, { onStep, fencedMs: null });
  if (fate !== 'refuses') {
    return stuck(`${reason}; whether ${to} owns the buckets is not known (${fate}), so they stay fenced`);
  }
  // Not fenced yet, or fenced: from either epoch. In this order, because nothing ever goes back to the lower one.
  const freed = await attempt(
    async () =>
      (await sides[plan.from].raise({ epoch, to: epoch + 2 })) ||
      (await sides[plan.from].raise({ epoch: epoch + 1, to: epoch + 2 })) ||
      (await sides[plan.from].state()).ownership.epoch === epoch + 2,
  );
  if (freed === true) return { outcome: 'aborted', reason, fencedMs: null };
  return stuck(`${reason}; the fence on ${plan.from} could not be lifted: ${whyNot(freed)}`);
}

/** What became of `to`, which could not be raised. */
async function fateOf(
  to: SideControl,
  { epoch, newBelow }: HandOff,
): Promise<'owns' | 'refuses' | (string & {})> {
  const state = await attempt(() => to.state());
  if (state instanceof Error) return state.message;
  const { ownership } = state;
  if (ownership.epoch === epoch + 1 && ownership.extractedBelow === newBelow) return 'owns';
  if (ownership.epoch === epoch + 2) return 'refuses';
  return `it is at epoch ${ownership.epoch}, expected was ${epoch} to ${epoch + 2}`;
}

async function release(
  sides: Sides,
  { from, to, epoch, newBelow }: HandOff,
  { onStep, fencedMs }: { onStep?: HandOffOptions['onStep']; fencedMs: number | null },
): Promise<HandOffEnd> {
  onStep?.('release');
  const released = await attempt(() => sides[from].release({ epoch: epoch + 1, extractedBelow: newBelow }));
  if (released === true) return { outcome: 'done', reason: null, fencedMs };
  return stuck(`${to} owns the buckets; ${from} has not heard of it yet: ${whyNot(released)}`);
}

const stuck = (reason: string): HandOffEnd => ({ outcome: 'stuck', reason, fencedMs: null });
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const whyNot = (answer: boolean | Error): string =>
  answer instanceof Error ? answer.message : 'it is not at the epoch that was expected';

async function attempt<T>(call: () => Promise<T>): Promise<T | Error> {
  try {
    return await call();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
