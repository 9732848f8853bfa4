import { buckets } from '../bucket.js';
import { policies, sides, type Side } from '../phase.js';
import type { SideState } from '../side/side.js';
import type { Observed } from './gates.js';
import type { ModuleRow } from './module-row.js';
import type { Finding } from './operator.js';

/** What is done about a finding by `--repair`. */
export type Repair =
  | { kind: 'stop capture'; side: Side; epoch: number }
  | { kind: 'lift fence'; side: Side; epoch: number }
  | { kind: 'raise'; side: Side; epoch: number; to: number };

/** A finding, and what `--repair` does about it; undefined: only a human can. */
export interface Diagnosis extends Finding {
  repair?: Repair;
}

const staleMs = 10_000;
const longTransactionMs = 60_000;

/** Finds what is stuck, or soon will be. Pure. */
export function diagnose(row: ModuleRow, observed: Observed): Diagnosis[] {
  const found: Omit<Diagnosis, 'module' | 'repairable'>[] = [
    ...pauses(row),
    ...reachability(row, observed),
    ...sides.flatMap((side) => {
      const state = observed.states[side];
      return state ? [...fences(row, side, observed), ...flow(row, side, state)] : [];
    }),
    ...epochs(row, observed),
  ];
  return found.map((each) => ({ ...each, module: row.module, repairable: each.repair !== undefined }));
}

type Found = Omit<Diagnosis, 'module' | 'repairable'>[];

function pauses({ module, paused, pauseReason }: ModuleRow): Found {
  if (!paused) return [];
  return [
    {
      problem: `paused: ${pauseReason ?? 'no reason given'}`,
      meaning: paused === 'all' ? 'no step begins' : 'no step that leads further out begins',
      remedy: `strangler resume ${module}`,
    },
  ];
}

const moving = ({ phase }: ModuleRow): boolean => policies[phase].replicates.length > 0;

function reachability(row: ModuleRow, { states }: Observed): Found {
  if (states.extracted || !moving(row)) return [];
  return [
    {
      problem: 'the extracted side does not answer',
      meaning: 'its buckets cannot be written, and what changes here waits in the outbox',
      remedy: `start it; if it is gone for good: strangler failover ${row.module} --i-have-fenced-it`,
    },
  ];
}

/** A fence belongs to a step under way; without one nobody will ever lift it. */
function fences(row: ModuleRow, side: Side, { states }: Observed): Found {
  const [own, other] = [
    states[side]?.ownership,
    states[side === 'monolith' ? 'extracted' : 'monolith']?.ownership,
  ];
  if (!own || own.fenceFrom === null || row.transition) return [];
  const meaning = 'nobody owns these buckets: their writes are refused';
  const problem = `${side} has fenced the buckets [${own.fenceFrom}, ${own.fenceTo}), and no step is under way`;
  const idle = side === 'extracted' && row.phase === 'monolith';
  if (idle) {
    return [
      {
        problem,
        meaning: 'harmless: the monolith owns everything',
        remedy: 'the next run lifts it by itself',
      },
    ];
  }
  // A database that was restored or cloned starts fenced as a whole: what it misses, nobody here knows.
  const restored = own.fenceFrom === 0 && own.fenceTo === buckets;
  // Both agree on who owned what, so nothing has happened behind the fence's back.
  const agreed =
    other?.fenceFrom === null && other.epoch === own.epoch && other.extractedBelow === own.extractedBelow;
  if (restored || !agreed) {
    const remedy = `this database was restored from a backup, or is a copy; go back to the original, or accept what it has with: strangler failover ${row.module} --i-have-fenced-it`;
    return [{ problem, meaning, remedy }];
  }
  return [
    { problem, meaning, remedy: 'lift the fence', repair: { kind: 'lift fence', side, epoch: own.epoch } },
  ];
}

function epochs(row: ModuleRow, { states: { monolith, extracted } }: Observed): Found {
  if (!monolith || !extracted || row.transition || !moving(row)) return [];
  const [home, away] = [monolith.ownership, extracted.ownership];
  if (home.epoch === away.epoch && home.extractedBelow === away.extractedBelow) return [];
  const problem = `the sides differ: monolith epoch ${home.epoch}, border ${home.extractedBelow}; extracted epoch ${away.epoch}, border ${away.extractedBelow}`;
  const meaning = 'no hand-off can begin';
  const [low, high] = home.epoch < away.epoch ? [home, away] : [away, home];
  const safe =
    low.extractedBelow === high.extractedBelow && low.fenceFrom === null && high.fenceFrom === null;
  if (!safe) {
    return [{ problem, meaning, remedy: 'one database is older than the other: restore it, or failover' }];
  }
  const repair: Repair = { kind: 'raise', side: low.side, epoch: low.epoch, to: high.epoch };
  return [{ problem, meaning, remedy: `raise ${low.side} to epoch ${high.epoch}`, repair }];
}

function flow(row: ModuleRow, side: Side, { ownership, outgoing }: SideState): Found {
  const found: Found = [];
  if (outgoing.degradedSince) {
    found.push({
      problem: `${side} is degraded since ${outgoing.degradedSince}: ${outgoing.reason ?? 'not confirmed'}`,
      meaning: 'the other side does not confirm: writes are answered once they are stored here',
      remedy: 'look at the other side and at NATS; it ends by itself',
    });
  }
  if (outgoing.parked > 0) {
    found.push({
      problem: `${side} has ${outgoing.parked} parked rows`,
      meaning: 'they can never be applied as they are; they block their keys, and every hand-off',
      remedy: `strangler parked ${row.module}, then --retry or --discard`,
    });
  }
  if (outgoing.oldestTransactionMs > longTransactionMs) {
    found.push({
      problem: `a transaction in the database of ${side} is open for ${Math.round(outgoing.oldestTransactionMs / 1_000)} s`,
      meaning: 'dead outbox rows cannot be cleared away, and the relay becomes slow',
      remedy: 'end it: select pid, query from pg_stat_activity order by xact_start',
    });
  }
  if (!moving(row) && ownership.capture && !row.transition) {
    found.push({
      problem: `${side} still captures changes, in phase ${row.phase}`,
      meaning: 'its outbox grows, and nobody reads it',
      remedy: 'stop capture there',
      repair: { kind: 'stop capture', side, epoch: ownership.epoch },
    });
  }
  const stale = outgoing.pending > 0 && outgoing.lagMs > staleMs && !outgoing.degradedSince;
  if (moving(row) && stale) {
    found.push({
      problem: `${side} has sent nothing for ${Math.round(outgoing.lagMs / 1_000)} s, and ${outgoing.pending} changes wait`,
      meaning: 'its relay is not running, or stands still',
      remedy: `restart the processes of the side ${side}`,
    });
  }
  return found;
}
