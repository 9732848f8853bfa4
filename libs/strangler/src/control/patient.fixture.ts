import type { Held } from '../engine/identity/peer.js';
import type { Standpoint } from '../engine/identity/standing.js';
import { standpointOf } from '../engine/identity/standpoint.fixture.js';
import { noCalls, noComparisons } from '../evidence/evidence.js';
import type { Side } from '../routes/phase.js';
import { plainAdvice } from './conditions/advice.js';
import type { Patient } from './doctor/examiner.js';
import type { CommandContext } from './commands/command.js';
import { defaultSettings } from './config/settings.js';

/** How the database of a side is other than one that is as it has to be. */
export type Change = Partial<Standpoint> & { held?: Held };
const state = (side: Side, { held, ...change }: Change = {}) => {
  const standpoint = standpointOf(side, { epoch: 4, extractedBelow: 5_000, ...change });
  const { epoch, extractedBelow, fenceFrom, fenceTo, capture } = standpoint;
  return {
    standpoint,
    held: held ?? null,
    ownership: { module: 'toy', side, epoch, extractedBelow, fenceFrom, fenceTo, capture, mayShift: null },
    outgoing: { pending: 3, parked: 1, lagMs: 0, degradedSince: null, backfill: [], oldestTransactionMs: 0 },
    incoming: { term: 1, seq: 1, ageMs: 1 },
  };
};
const neither = { monolith: noCalls, extracted: noCalls };
const quiet = { probe: neither, customer: neither };
const advice = { ...plainAdvice, start: (module: string) => `npm run start:extracted -- ${module}` };
/** The module `toy`, of which each side owns a half, as doctor sees it; no service: null. */
export const about = (
  monolith: Change,
  extracted: Change | null,
  { phase = 'shifting', ack = 'both' } = {},
) =>
  ({
    row: {
      ...{ module: 'toy', phase, percent: 50, paused: null, transition: null, filed: null, lost: null },
      wanted: { phase, percent: 50, by: 'operator', actor: 'ann', since: 0 },
      ...{ settings: { ...defaultSettings, ack }, approved: [], outages: {}, sources: {} },
      ...{ override: null, phaseSince: 0, stepSince: 0 },
    },
    at: { ownership: 'by-key', phase, percent: 50, below: 5_000 },
    observed: {
      now: 0,
      states: {
        monolith: state('monolith', monolith),
        extracted: extracted && state('extracted', extracted),
      },
      absent: { monolith: null, extracted: extracted ? null : { kind: 'nobody', detail: 'nobody there' } },
      evidence: {
        ...{
          ageMs: 0,
          calls: quiet,
          recent: quiet,
          shadow: { probe: noComparisons, customer: noComparisons },
          rehearsal: noComparisons,
        },
        probing: { able: 'no query', queries: false, anyReads: false },
      },
      verified: { beganAt: null, differences: 0 },
      approved: [],
    },
    // The walk itself waits for what is found here.
    note: { trouble: { kind: 'stuck', fact: 'x', todo: 'y', command: null }, since: 0 },
    verification: { done: 0, total: 0 },
    doing: null,
    advice,
    held: null,
    actor: 'ann',
  }) as unknown as Patient & CommandContext;
