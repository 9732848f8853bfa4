import { RefusedError, type RouteWish, type WrittenSettings } from '#strangler';
import { wayTo, type RouteChange, type RouteRow } from './decide.js';
import { gateInWords, type RouteGate } from './gates.js';

/** What an operator can ask for. */
export type RouteAction =
  | { verb: 'run'; settings?: RouteRow['run'] | undefined; write?: boolean | undefined }
  | { verb: 'advance' }
  | { verb: 'shift'; percent: number; write?: boolean | undefined }
  | { verb: 'pause' }
  | { verb: 'resume' }
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
    case 'shift':
      return shift(situation, action.percent);
    case 'pause':
      return pause(situation);
    case 'resume':
      return resume(situation);
    case 'rollback':
      return rollback(situation);
    case 'mismatches':
      return { plan: ['what was compared is forgotten, and the samples: the gate begins anew'], change: {} };
  }
}

const wants = (percent: number, actor: string): RouteRow['wanted'] => ({ percent, by: 'operator', actor });
const free = { paused: null, pauseReason: null };

function requireUnheld({ filed, path }: RouteRow, percent: number): void {
  if (!filed) return;
  throw new RefusedError(
    `${path} is steered by ${filed.path}:${filed.line}, which says percent: ${filed.percent}; change it there: percent: ${percent} (run, shift and rollback do so with --write)`,
  );
}

function run({ row, route, actor }: Situation, settings: Pick<WrittenSettings, 'ramp' | 'bake' | 'gates'>) {
  requireUnheld(row, 100);
  if (row.percent === 100) throw new RefusedError(`${row.path} is at 100 % already`);
  const ramp = settings.ramp ?? route.ramp;
  return {
    plan: wayTo(row.percent, 100, ramp).map(
      (share) => `${share} % to new${share === 100 ? writesMove(route) : ''}`,
    ),
    change: { phase: 'shifting' as const, wanted: wants(100, actor), run: settings, ...free },
    goal: 100,
  };
}

/** One share further out, at once: what holds is passed over, what fails is not. A step that the file wants anyway does not go against it. */
function advance(situation: Situation): AcceptedAction {
  const { row, route } = situation;
  if (row.percent === 100) throw new RefusedError(`${row.path} is at 100 % already`);
  const to = wayTo(row.percent, 100, route.ramp)[0]!;
  if (row.paused !== null || row.wanted.percent < to) return shift(situation, to);
  requireUnbroken(situation);
  return {
    plan: [`${row.percent} % -> ${to} % to new, at once${writesTurn(row, route, to)}`],
    change: { phase: 'shifting', percent: to },
    goal: to,
  };
}

/** At once: whoever names a share means it. What holds is passed over, what fails is not. */
function shift(situation: Situation, percent: number): AcceptedAction {
  const { row, route, actor } = situation;
  requireUnheld(row, percent);
  if (row.percent === percent && row.phase === 'shifting' && row.wanted.percent === percent) {
    throw new RefusedError(`${row.path} is at ${percent} % already`);
  }
  if (percent > row.percent) requireUnbroken(situation);
  return {
    plan: [`${row.percent} % -> ${percent} % to new, at once${writesTurn(row, route, percent)}`],
    change: { phase: 'shifting', percent, wanted: wants(percent, actor), run: {}, ...free },
    goal: percent,
  };
}

function requireUnbroken({ gates }: Situation): void {
  const broken = gates.find(({ state }) => state === 'fail');
  if (broken) throw new RefusedError(`the gate "${broken.name}" fails: ${gateInWords(broken)}`);
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
  return {
    plan: way.length > 0 ? way : ['it stays where it is: nothing else is wanted; move it with run or shift'],
    change: { wanted, ...(filed && { phase: 'shifting' as const }), ...free },
    goal: wanted.percent,
  };
}

function rollback({ row, route, actor }: Situation): AcceptedAction {
  requireUnheld(row, 0);
  if (row.phase === 'legacy' && row.wanted.percent === 0) {
    throw new RefusedError(`${row.path} is at legacy already; there is nothing to go back to`);
  }
  return {
    plan: [`everybody goes to legacy, cohorts too, at once${writesTurn(row, route, 0)}`],
    change: { phase: 'legacy', percent: 0, wanted: wants(0, actor), run: {}, ...free },
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
