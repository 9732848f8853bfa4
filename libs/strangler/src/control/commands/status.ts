import type { SideFigures } from '../../calls/resilience/side-guard.js';
import { isFencedTooLong } from '../../engine/ownership/fence-watch.js';
import { policies, sides, type Side } from '../../routes/phase.js';
import type { BackfillState } from '../../engine/replication/outgoing-state.js';
import type { Advice } from '../conditions/advice.js';
import { figuresOf } from '../../evidence/evidence.js';
import { gatesNow } from '../reconcile/decide.js';
import { strandedOn } from '../doctor/doctor-sagas.js';
import { etaOf } from '../reconcile/eta.js';
import type { Gate } from '../conditions/gates.js';
import type { Observed } from '../conditions/observed.js';
import { longFenceInWords } from '../conditions/owner-conditions.js';
import { healthOf, moduleHealth } from '../conditions/health.js';
import type { Position } from '../terms/machine.js';
import { totalOf } from '../conditions/measured.js';
import { isAtHome, type ModuleRow } from '../store/module-row.js';
import type { Need } from '../terms/need.js';
import type { Note } from '../store/notes.js';
import type { GateView, ModuleStatus, ServicePresence, SideView, WaitView } from '../terms/views.js';
import { isDegraded } from '../conditions/route-entry.js';
import { settingsInForce } from '../config/setting-keys.js';
import type { Verification } from '../store/verification-store.js';
import { waitingSince, waitOf } from '../reconcile/waiting.js';
import { fillingOf, rowsOf } from '../conditions/whole.js';

/** What a status is made of. */
export interface StatusParts {
  row: ModuleRow;
  at: Position;
  observed: Observed;
  verification: Verification;
  /** What the leader has written down. */
  note: Note;
  /** What the step under way does, if this process leads. */
  doing: string | null;
  rates: { backfill: number | null; verify: number | null };
  /** How calls of this process to its sides are guarded. */
  calls?: SideFigures[];
  /** Whether its service is there; null: nobody can be asked. */
  service?: ServicePresence | null;
  /** What is wrong with who steers. */
  notices: string[];
  advice: Advice;
}

/** Where a module stands. Pure. */
export function statusOf(parts: StatusParts): ModuleStatus {
  const { row, at, observed, doing } = parts;
  const { monolith, extracted } = observed.states;
  const lags = [monolith, extracted].flatMap((state) => (state ? [state.outgoing.lagMs] : []));
  const { transition } = row;
  const waiting = waitOf({ ...parts, trouble: parts.note.trouble });
  const eta = etaOf({ ...parts, waiting });
  return {
    module: row.module,
    ownership: at.ownership,
    phase: row.phase,
    phaseSinceMs: Math.max(0, observed.now - row.phaseSince),
    wanted: wantedOf(row),
    percent: at.below / 100,
    readsPercent: policies[row.phase].byShare ? at.percent : at.below / 100,
    epoch: monolith?.ownership.epoch ?? 0,
    ack: row.settings.ack,
    degraded: isDegraded(row.phase, observed),
    paused: row.paused !== null,
    transition: transition && {
      action: transition.step.kind,
      step: doing ?? 'waits for the process that leads',
      sinceMs: observed.now - transition.begun,
    },
    sides: {
      monolith: viewOf('monolith', row, observed),
      extracted: isAtHome(row) ? null : viewOf('extracted', row, observed),
    },
    lagMs: lags.length > 0 ? Math.max(...lags) : null,
    backfill: backfillOf(fillingOf(observed.states), parts.rates.backfill),
    verify: verifyOf(parts.verification, parts.rates.verify),
    shadow: shadowOf(observed),
    gates: gatesNow(row, at, observed).map((gate) => gateView(gate, parts)),
    health: moduleHealth(row, at, observed),
    waitingFor: waiting?.sentence ?? null,
    waiting: waiting && waitView(waiting, parts),
    etaSeconds: eta.seconds,
    etaUnknown: eta.unknown,
    rollbackSafe: !policies[row.phase].ended && (at.below === 0 || extracted !== null),
    settings: settingsInForce(row.settings, row.sources),
    ownerMigrations: sides.flatMap((side) =>
      (observed.states[side]?.ownerMigrations ?? []).map((each) => ({ side, ...each })),
    ),
    calls: parts.calls ?? [],
    service:
      isAtHome(row) && parts.service ? { state: parts.service, start: parts.advice.start(row.module) } : null,
    notices: [...parts.notices, ...oldFencesOf(parts), ...strandedSagasOf(parts)],
  };
}

/** Customers wait for what is fenced; for how long, nobody else says. */
const oldFencesOf = ({ row, observed: { states } }: StatusParts): string[] =>
  sides.flatMap((side) => {
    const own = states[side]?.ownership;
    return own && isFencedTooLong(own)
      ? [`${row.module}: ${longFenceInWords(side, own)}; doctor says what ends that`]
      : [];
  });

const strandedSagasOf = ({ row: { module }, observed: { states } }: StatusParts): string[] =>
  strandedOn(states, module).map(({ problem }) => `${problem}; doctor says what to do`);

/** From `decommissioned` nothing leads anywhere, whatever is wanted. */
const wantedOf = ({ phase, wanted }: ModuleRow): ModuleStatus['wanted'] =>
  policies[phase].ended
    ? { phase, percent: null, by: wanted.by }
    : { phase: wanted.phase, percent: wanted.percent, by: wanted.by };

function waitView({ kind, needs, has, todo, command }: Need, { row, observed, note }: StatusParts): WaitView {
  return { needs, has, todo, command, sinceMs: observed.now - waitingSince(kind, row, observed, note) };
}

/** The leader writes down a change of state a moment after it is seen. */
function gateView({ probesLacking, ...gate }: Gate, { observed: { now }, note }: StatusParts): GateView {
  const noted = note.gates[gate.name];
  if (!noted) return gate;
  return { ...gate, sinceMs: noted.state === gate.state ? Math.max(0, now - noted.since) : 0 };
}

function viewOf(side: Side, row: ModuleRow, observed: Observed): SideView {
  const { states, evidence } = observed;
  const state = states[side];
  const health = healthOf(side, row, observed);
  return {
    healthy: health === 'up',
    health,
    ...figuresOf(evidence.calls.customer[side]),
    probes: figuresOf(evidence.calls.probe[side]),
    lagMs: state?.outgoing.lagMs ?? null,
    pending: state?.outgoing.pending ?? 0,
    quarantined: state?.outgoing.parked ?? 0,
    parked: state?.outgoing.parked ?? 0,
  };
}

const shadowOf = ({ evidence: { shadow } }: Observed): ModuleStatus['shadow'] => ({
  ...totalOf(shadow),
  probes: shadow.probe,
  customers: shadow.customer,
});

function backfillOf(
  tables: readonly BackfillState[],
  rowsPerSecond: number | null,
): ModuleStatus['backfill'] {
  if (tables.length === 0) return null;
  const { copied, total } = rowsOf(tables);
  if (tables.every(({ done }) => done))
    return { done: copied, total: copied, rowsPerSecond: null, etaSeconds: 0 };
  return { done: copied, total, rowsPerSecond, etaSeconds: secondsLeft(copied, total, rowsPerSecond) };
}

function verifyOf(verification: Verification, rate: number | null): ModuleStatus['verify'] {
  const { request, done, total, checkedAt, rows, differences } = verification;
  const running = request && { done, total, etaSeconds: secondsLeft(done, total, rate) };
  return { running, checkedAt, rows, differences };
}

const secondsLeft = (done: number, total: number, rate: number | null): number | null =>
  rate ? Math.ceil((total - done) / rate) : total > 0 && done >= total ? 0 : null;
