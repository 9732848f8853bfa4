import { RefusedError } from 'nestjs-strangler';
import type { RouteRun, RouteWish } from 'nestjs-strangler/internal';
import { movedTo, type RouteChange, type RouteRow } from './decide.js';
import { gateInWords, type RouteGate } from './gates.js';
import { awaitedApprovals, wayTo } from './ramp.js';

/** What an operator can ask for. */
export type RouteAction =
  | { verb: 'run'; settings?: RouteRun | undefined; write?: boolean | undefined }
  | { verb: 'advance'; write?: boolean | undefined }
  | { verb: 'approve' }
  | { verb: 'shift'; percent: number; write?: boolean | undefined }
  | { verb: 'pause' }
  | { verb: 'resume' }
  | { verb: 'abort' }
  | { verb: 'rollback'; write?: boolean | undefined }
  | { verb: 'mismatches'; clear: true };

/** An action that is legal: what it does, in words, and what to write down for it. */
export interface AcceptedAction {
  plan: string[];
  change: RouteChange;
  /** The share at which it is done; none: there is nothing to wait for. */
  goal?: number;
}

export interface Situation {
  row: RouteRow;
  route: RouteWish;
  actor: string;
  /** Whether what is asked for may go against the file: it only looks, or changes the file itself. */
  free: boolean;
  /** Those of the present share. */
  gates: readonly RouteGate[];
}

/** Judges an action. Pure. @throws {RefusedError} with the reason, and what would make it legal. */
export function judgeAction(action: RouteAction, situation: Situation): AcceptedAction {
  switch (action.verb) {
    case 'run':
      return run(situation, action.settings ?? {});
    case 'advance':
      return advance(situation);
    case 'approve':
      return approve(situation);
    case 'shift':
      return shift(situation, action.percent);
    case 'pause':
      return pause(situation);
    case 'resume':
      return resume(situation);
    case 'abort':
      return abort(situation);
    case 'rollback':
      return rollback(situation);
    case 'mismatches':
      return { plan: ['what was compared is forgotten, and the samples: the gate begins anew'], change: {} };
  }
}

const wants = (percent: number, actor: string): RouteRow['wanted'] => ({ percent, by: 'operator', actor });
const unpaused = { paused: null, pauseReason: null };

function requireUnheld({ row: { filed, path }, free }: Situation, percent: number): void {
  if (!filed || free) return;
  const says = `${path} is steered by ${filed.path}:${filed.line}, which says percent: ${filed.percent}`;
  throw new RefusedError(
    filed.percent === percent
      ? `${says} already; with --write it is done from here all the same`
      : `${says}; change it there: percent: ${percent}, or from here with --write`,
  );
}

function run(situation: Situation, settings: RouteRun): AcceptedAction {
  const { row, route, actor } = situation;
  requireUnheld(situation, 100);
  if (row.percent === 100) throw new RefusedError(`${row.path} is at 100 % already`);
  const ramp = settings.ramp ?? route.ramp;
  return {
    plan: wayTo(row.percent, 100, ramp).map(
      (share) => `${share} % to new${share === 100 ? writesMove(route) : ''}`,
    ),
    change: { phase: 'shifting', wanted: wants(100, actor), run: settings, ...unpaused },
    goal: 100,
  };
}

/** One share further out, at once: what holds is passed over, what fails is not. A step that the file wants anyway does not go against it. */
function advance(situation: Situation): AcceptedAction {
  const { row, route } = situation;
  if (row.percent === 100) throw new RefusedError(`${row.path} is at 100 % already`);
  const to = wayTo(row.percent, 100, route.ramp)[0]!;
  if (row.paused !== null || row.wanted.percent < to) return shift(situation, to);
  requireOpen(situation, to);
  return {
    plan: [`${row.percent} % -> ${to} % to new, at once${writesTurn(row, route, to)}`],
    change: movedTo(to, row),
    goal: to,
  };
}

/** A person lets the next step go to its share. The file asks for this, so it is no move against the file. */
function approve({ row, route }: Situation): AcceptedAction {
  const [to = row.percent] = wayTo(row.percent, row.wanted.percent, route.ramp);
  const open = awaitedApprovals(row, to, route.approve);
  if (open.length === 0) throw new RefusedError(nothingToApprove(row, route));
  return {
    plan: [
      `the step to ${to} % is approved; it begins when the other gates let it`,
      `${row.percent} % -> ${to} % to new${writesTurn(row, route, to)}`,
    ],
    change: { approved: [...row.approved, ...open] },
    goal: to,
  };
}

const nothingToApprove = ({ path }: RouteRow, { approve: shares }: RouteWish): string =>
  `no step of ${path} waits for an approval: ` +
  (shares.length === 0
    ? 'its settings ask for none (approve: [100])'
    : `its settings ask before ${shares.join(', ')} %, and its next step does not lead there`);

/** At once: whoever names a share means it. What holds is passed over; what fails is not, nor what waits for a person's approval. */
function shift(situation: Situation, percent: number): AcceptedAction {
  const { row, route, actor } = situation;
  requireUnheld(situation, percent);
  if (row.percent === percent && row.phase === 'shifting' && row.wanted.percent === percent) {
    throw new RefusedError(`${row.path} is at ${percent} % already`);
  }
  if (percent > row.percent) requireOpen(situation, percent);
  return {
    plan: [`${row.percent} % -> ${percent} % to new, at once${writesTurn(row, route, percent)}`],
    change: { ...movedTo(percent, row), wanted: wants(percent, actor), run: {}, ...unpaused },
    goal: percent,
  };
}

/** @throws {RefusedError} for what nobody overrides. */
function requireOpen({ row, route, gates }: Situation, to: number): void {
  const broken = gates.find(({ state }) => state === 'fail');
  if (broken) throw new RefusedError(`the gate "${broken.name}" fails: ${gateInWords(broken)}`);
  const [awaited] = awaitedApprovals(row, to, route.approve);
  if (awaited !== undefined)
    throw new RefusedError(
      `a person approves the step of ${row.path} to ${awaited} %: walk there with run, and let it on with approve`,
    );
}

function pause({ row, actor }: Situation): AcceptedAction {
  if (row.paused === 'all') throw new RefusedError(`${row.path} is paused already; let it go on with resume`);
  return {
    plan: ['no further step begins until resume; a gate that fails still takes it back'],
    change: { paused: 'all', pauseReason: `by ${actor}` },
  };
}

function resume({ row, route, actor }: Situation): AcceptedAction {
  const { path, paused, filed, percent } = row;
  if (paused === null) throw new RefusedError(`${path} is not paused`);
  const wanted = filed
    ? { percent: filed.percent, by: 'file' as const, actor: `${filed.path}:${filed.line}` }
    : { ...row.wanted, actor };
  const way = wayTo(percent, wanted.percent, route.ramp).map((share) => `${share} % to new`);
  const mover = filed ? `its percent stands in ${filed.path}:${filed.line}` : 'move it with run or shift';
  return {
    plan: way.length > 0 ? way : [`it stays where it is: nothing else is wanted; ${mover}`],
    change: { wanted, ...(filed && { phase: 'shifting' as const }), ...unpaused },
    goal: wanted.percent,
  };
}

/** Nothing of a route is ever half done: what is taken back is the way that it is on. */
function abort({ row, actor }: Situation): AcceptedAction {
  const { path, percent, wanted, filed } = row;
  if (percent === wanted.percent) throw new RefusedError(`nothing is under way in ${path}`);
  return {
    plan: [`${path} stays at ${percent} %`],
    change: filed
      ? { paused: 'all', pauseReason: `aborted by ${actor}` }
      : { wanted: wants(percent, actor), run: {} },
  };
}

function rollback(situation: Situation): AcceptedAction {
  const { row, route, actor } = situation;
  requireUnheld(situation, 0);
  if (row.phase === 'legacy' && row.wanted.percent === 0) {
    throw new RefusedError(`${row.path} is at legacy already; there is nothing to go back to`);
  }
  return {
    plan: [`everybody goes to legacy, cohorts too, at once${writesTurn(row, route, 0)}`],
    change: { ...movedTo(0, row), phase: 'legacy', wanted: wants(0, actor), run: {}, ...unpaused },
    goal: 0,
  };
}

const writesMove = ({ sharedStore }: RouteWish): string => (sharedStore ? '' : ', and with that all writes');

/** What a move to another share means for writes, where the upstreams have stores of their own. */
function writesTurn(row: RouteRow, route: RouteWish, percent: number): string {
  if (route.sharedStore) return '';
  if (percent === 100 && row.percent < 100) return writesMove(route);
  if (percent < 100 && row.percent === 100)
    return '; writes go back to legacy, which does not know those made at new';
  return '';
}
