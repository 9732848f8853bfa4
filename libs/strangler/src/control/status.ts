import type { Side } from '../phase.js';
import type { SideState } from '../side/side.js';
import type { SideStats } from './call-stats.js';
import { decide, goalOf } from './decide.js';
import { gatesFor, watchGates, type Gate, type Observed } from './gates.js';
import { nextStep, type Position } from './machine.js';
import type { ModuleRow } from './module-row.js';
import type { ModuleStatus, SideView } from './operator.js';
import { isDegraded } from './route-entry.js';
import { gateSentence, speaking } from './sentences.js';
import { settingsInForce } from './setting-keys.js';
import type { Verification } from './verification-store.js';

/** What a status is made of. */
export interface StatusParts {
  row: ModuleRow;
  at: Position;
  observed: Observed;
  verification: Verification;
  /** What the loop of this process knows, if it leads. */
  trouble: string | null;
  doing: string | null;
  rates: { backfill: number | null; verify: number | null };
  /** What is wrong with who steers. */
  notices: string[];
}

/** Where a module stands. Pure. */
export function statusOf(parts: StatusParts): ModuleStatus {
  const { row, at, observed, doing } = parts;
  const { monolith, extracted } = observed.states;
  const lags = [monolith, extracted].flatMap((state) => (state ? [state.outgoing.lagMs] : []));
  const { transition, wanted } = row;
  return {
    module: row.module,
    ownership: at.ownership,
    phase: row.phase,
    wanted: { phase: wanted.phase, percent: wanted.percent, by: wanted.by },
    percent: at.below / 100,
    readsPercent: row.phase === 'shifting' ? at.percent : at.below / 100,
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
      monolith: viewOf('monolith', observed),
      extracted: row.phase === 'monolith' && !transition ? null : viewOf('extracted', observed),
    },
    lagMs: lags.length > 0 ? Math.max(...lags) : null,
    backfill: backfillOf(monolith, parts.rates.backfill),
    verify: verifyOf(parts.verification, parts.rates.verify),
    shadow: shadowOf(observed),
    gates: gatesNow(parts).map(({ nature, ...gate }) => gate),
    waitingFor: waitingFor(parts),
    rollbackSafe: row.phase !== 'decommissioned' && (at.below === 0 || extracted !== null),
    settings: settingsInForce(row.settings, row.sources),
    notices: parts.notices,
  };
}

function viewOf(side: Side, { states, stats }: Observed): SideView {
  const state = states[side];
  const calls: SideStats = stats[side];
  return {
    healthy: state !== null && state.ownership.fenceFrom === null && state.outgoing.degradedSince === null,
    ...calls,
    probes: { calls: 0, errors: 0, p50Ms: null, p99Ms: null },
    lagMs: state?.outgoing.lagMs ?? null,
    pending: state?.outgoing.pending ?? 0,
    parked: state?.outgoing.parked ?? 0,
  };
}

function shadowOf({ shadow }: Observed): ModuleStatus['shadow'] {
  const customers = { ...shadow, unavailable: 0 };
  return { ...customers, customers, probes: { compared: 0, mismatches: 0, unavailable: 0 } };
}

function backfillOf(monolith: SideState | null, rowsPerSecond: number | null): ModuleStatus['backfill'] {
  const tables = monolith?.outgoing.backfill ?? [];
  if (tables.length === 0) return null;
  const sum = (of: 'copied' | 'total') => tables.reduce((all, table) => all + table[of], 0);
  const [done, total] = [sum('copied'), Math.max(sum('total'), sum('copied'))];
  return { done, total, rowsPerSecond, etaSeconds: etaOf(done, total, rowsPerSecond) };
}

function verifyOf(verification: Verification, rate: number | null): ModuleStatus['verify'] {
  const { request, done, total, checkedAt, rows, differences } = verification;
  const running = request && { done, total, etaSeconds: etaOf(done, total, rate) };
  return { running, checkedAt, rows, differences };
}

const etaOf = (done: number, total: number, rate: number | null): number | null =>
  rate ? Math.ceil((total - done) / rate) : done >= total ? 0 : null;

/** Of the next step, or of what is watched while it rests. */
function gatesNow({ row, at, observed }: StatusParts): Gate[] {
  const step = nextStep(at, goalOf(row));
  return step ? gatesFor(at, step, observed, row.settings) : watchGates(at, observed, row.settings);
}

/** What a module waits for, in one sentence that says what to do; null: nothing. */
function waitingFor(parts: StatusParts): string | null {
  const { row, at, observed, trouble, doing, verification } = parts;
  if (row.transition)
    return trouble ?? `${row.transition.step.kind} is under way${doing ? `: ${doing}` : ''}`;
  const decision = decide(row, at, observed);
  switch (decision.kind) {
    case 'rest':
      return row.paused === 'up' ? pausedWords(row) : null;
    case 'paused':
      return pausedWords(row);
    case 'verify':
      return trouble ? `verify broke off: ${trouble}; it is tried again` : verifying(verification);
    case 'hold':
      return gateWords(decision.gates, row);
    case 'return':
      return gateSentence(decision.gate, row.module);
    case 'refuse':
      return gateWords(decision.gates, row);
    case 'begin':
    case 'continue':
      return trouble ?? 'the next step begins in a moment';
  }
}

const pausedWords = ({ pauseReason }: ModuleRow): string =>
  `paused (${pauseReason ?? 'no reason given'}); resume or run lets it go on`;

const verifying = ({ done, total }: Verification): string =>
  `verify compares both sides before the next step: ${done} of ${total} rows`;

function gateWords(gates: readonly Gate[], { module, override }: ModuleRow): string | null {
  const open = gates.filter(({ name, state }) => !(state === 'hold' && override?.gates.includes(name)));
  const gate = speaking(open);
  return gate ? gateSentence(gate, module) : null;
}
