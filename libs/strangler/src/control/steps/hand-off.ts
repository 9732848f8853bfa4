import type { Clock } from '../terms/clock.js';
import type { Position } from '../../engine/identity/position.js';
import type { Side } from '../../routes/phase.js';
import type { HandOff, HandOffProof } from '../store/hand-off-plan.js';
import type { SideControl, SideState } from '../../sides/side.js';

/** How it ended. `stuck`: buckets stay fenced, nobody owns them; {@link settle} has to be called again. */
export interface HandOffEnd {
  outcome: 'done' | 'aborted' | 'stuck';
  reason: string | null;
  /** How long writers were held, in ms: from the fence until there was an owner again. Null: not measured, it was ended by another run. */
  fencedMs: number | null;
}

/** What it is doing now. */
export type HandOffStep = 'fence' | 'drain' | 'own' | 'release' | 'raise';

export interface HandOffOptions {
  clock: Clock;
  /** How long buckets may be fenced before it is aborted, in ms. */
  drainMs: number;
  /**
   * Who has begun to write between the look for old writers and the fence has so many ms to end: customers behind the fence wait for it.
   * The next try finds it before it fences.
   */
  writersMs?: number;
  /** Why it is to be given up; asked every now and then while the buckets are fenced. */
  givenUp?: () => Promise<string | undefined>;
  onStep?: (step: HandOffStep) => void;
}

type Sides = Readonly<Record<Side, SideControl>>;

const watchMs = 100;

/** By default, in ms. */
const patienceMs = 500;

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

/** The hand-off to a border from where both sides are. */
export function planHandOff(
  newBelow: number,
  { monolith, extracted }: Readonly<Record<Side, SideState>>,
): HandOff {
  const plan = handOffTo(newBelow, monolith.ownership.epoch, monolith.ownership.extractedBelow);
  const starts = { monolith: monolith.standpoint.start, extracted: extracted.standpoint.start };
  const { life } = (plan.from === 'monolith' ? monolith : extracted).standpoint;
  return { ...plan, proof: { starts, life } };
}

const rangeOf = ({ oldBelow, newBelow }: HandOff) => ({
  from: Math.min(oldBelow, newBelow),
  to: Math.max(oldBelow, newBelow),
});

/**
 * Moves the buckets: fence on `from`, drain its outbox, own on `to`, release on `from`. Whatever happens in between, it ends
 * with one owner and no fence, or it says that it is stuck. Never throws because of a side.
 */
export async function handOff(sides: Sides, plan: HandOff, options: HandOffOptions): Promise<HandOffEnd> {
  const { clock, onStep } = options;
  const begun = clock.now();
  const over = new AbortController();
  const { proof } = plan;
  if (!proof) return settle(sides, plan, { onStep, reason: 'it was planned by an older release' });
  const drained = await Promise.race([
    fenceAndDrain(sides[plan.from], { ...plan, proof }, options, over.signal).catch(messageOf),
    untilGivenUp(options, over.signal),
  ]);
  over.abort();
  if (typeof drained === 'string') {
    const end = await settle(sides, plan, { onStep, reason: drained });
    return end.outcome === 'aborted' ? { ...end, fencedMs: clock.now() - begun } : end;
  }
  onStep?.('own');
  const { starts, life } = proof;
  const owned = await attempt(() =>
    sides[plan.to].own({
      epoch: plan.epoch,
      extractedBelow: plan.newBelow,
      proven: true,
      start: starts[plan.to],
      peerStart: starts[plan.from],
      holds: { life, after: drained.confirmed },
    }),
  );
  // Without an answer nobody knows whether it owns: settling finds out, by raising its epoch.
  if (owned !== true) {
    return settle(sides, plan, { onStep, reason: `${plan.to} did not take over: ${whyNot(owned)}` });
  }
  const fencedMs = clock.now() - begun;
  return release(sides, plan, { onStep, peerStart: starts[plan.to], fencedMs, settles: true });
}

/** Resolves when nothing of the buckets is left in the outbox, to what the other side has then; else to the reason. */
async function fenceAndDrain(
  from: SideControl,
  plan: HandOff & { proof: HandOffProof },
  { onStep, writersMs = patienceMs }: HandOffOptions,
  signal: AbortSignal,
): Promise<{ confirmed: Position | null } | string> {
  const range = rangeOf(plan);
  const { starts, life } = plan.proof;
  const start = starts[plan.from];
  onStep?.('fence');
  const upTo = await from.fence({
    epoch: plan.epoch,
    ...range,
    start,
    proven: true,
    mayShift: plan.mayShift ?? null,
    writersMs,
  });
  if (upTo === null) return `${plan.from} is not at epoch ${plan.epoch}, or its server has started anew`;
  onStep?.('drain');
  while (!signal.aborted) {
    const drained = await from.drained({ ...range, upTo, start, life });
    if (!drained) return `${plan.from} has started anew, or fills its copy anew`;
    if (drained.done) return drained;
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
 * Ends a hand-off that was begun and of which nobody knows how far it came: after a crash, a lost answer, a deadline. It reads where
 * both sides stand now. If `to` owns, there is only forward. Else it is taken back: `to` first, so that a late `own` is refused,
 * then `from`. If `to` cannot be asked, or has not proven itself, the buckets stay fenced: two owners never.
 */
export async function settle(
  sides: Sides,
  plan: HandOff,
  { reason, onStep }: { reason: string; onStep?: HandOffOptions['onStep'] },
): Promise<HandOffEnd> {
  onStep?.('raise');
  const taker = await attempt(() => sides[plan.to].state());
  const giver = await attempt(() => sides[plan.from].state());
  if (taker instanceof Error)
    return stuck(`${reason}; ${unknown(plan)} (${taker.message}), so they stay fenced`);
  if (giver instanceof Error) return stuck(`${reason}; ${plan.from} cannot be asked: ${giver.message}`);
  if (taker.standpoint.standing !== null || giver.standpoint.standing !== null)
    return {
      outcome: 'aborted',
      reason: `${reason}; a database was put back, so that is to be solved first`,
      fencedMs: null,
    };
  if (!isProven(taker))
    return stuck(`${reason}; ${unknown(plan)} before it has proven itself, so they stay fenced`);
  const { epoch, extractedBelow } = taker.ownership;
  if (extractedBelow === plan.newBelow) {
    if (epoch !== plan.epoch + 1 && epoch !== giver.ownership.epoch)
      return { outcome: 'aborted', reason: `${reason}; another hand-off has come since`, fencedMs: null };
    const now = { ...plan, epoch: epoch - 1 };
    return release(sides, now, { onStep, peerStart: taker.standpoint.start, fencedMs: null });
  }
  return takeBack(sides, plan, { taker, giver, reason });
}

const isProven = ({ standpoint }: SideState): boolean => standpoint.proven && standpoint.provenBy === 'peer';
const unknown = ({ to }: HandOff): string => `whether ${to} owns the buckets is not known`;

async function takeBack(
  sides: Sides,
  { from, to, epoch }: HandOff,
  { taker, giver, reason }: { taker: SideState; giver: SideState; reason: string },
): Promise<HandOffEnd> {
  const [his, mine] = [taker.ownership, giver.ownership];
  const next = Math.max(epoch + 2, his.epoch);
  const refuses = await attempt(() => sides[to].raise({ epoch: his.epoch, to: next }));
  if (refuses !== true)
    return stuck(`${reason}; whether ${to} owns the buckets is not known: ${whyNot(refuses)}`);
  if (!isProven(giver)) return stuck(`${reason}; ${from} has not proven itself, so the buckets stay fenced`);
  // Nothing ever goes back to a lower epoch.
  const end = Math.max(next, mine.epoch);
  if (end > next && (await attempt(() => sides[to].raise({ epoch: next, to: end }))) !== true)
    return stuck(`${reason}; ${to} could not be raised to epoch ${end}`);
  const freed = await attempt(() => sides[from].raise({ epoch: mine.epoch, to: end }));
  if (freed === true) return { outcome: 'aborted', reason, fencedMs: null };
  return stuck(`${reason}; the fence on ${from} could not be lifted: ${whyNot(freed)}`);
}

async function release(
  sides: Sides,
  plan: HandOff,
  {
    onStep,
    peerStart,
    fencedMs,
    settles = false,
  }: {
    onStep?: HandOffOptions['onStep'];
    peerStart: string;
    fencedMs: number | null;
    settles?: boolean;
  },
): Promise<HandOffEnd> {
  const { from, to, epoch, newBelow } = plan;
  onStep?.('release');
  const released = await attempt(() =>
    sides[from].release({ epoch: epoch + 1, extractedBelow: newBelow, proven: true, peerStart }),
  );
  if (released === true) return { outcome: 'done', reason: null, fencedMs };
  // The new owner may have started anew meanwhile: whether it still owns, it has to say again.
  if (released === false && settles)
    return settle(sides, plan, { onStep, reason: 'a side has started anew' });
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
