import { diagnose } from '../doctor/doctor.js';
import type { Patient } from '../doctor/examiner.js';
import { defaultSettings } from '../config/settings.js';
import { about } from '../patient.fixture.js';
import type { Side } from '../../routes/phase.js';
import type { SideState } from '../../sides/side.js';
import { allConditions, conditions } from './conditions.js';
import { gatesFor } from './gates.js';
import { drainProblems, handOffProblems } from './hand-off-problems.js';

/* One fact, one judgement: what gates, hand-off, step runner and doctor say of it comes from its row. */

const well = (): Patient => {
  const patient = about({ provenBy: 'peer' }, { provenBy: 'peer' });
  patient.note.trouble = null;
  for (const side of ['monolith', 'extracted'] as const)
    Object.assign(patient.observed.states[side]!.outgoing, { pending: 0, parked: 0 });
  return patient;
};
const of = ({ observed }: Patient): SideState => observed.states.monolith!;
/** What each of them says: the gates that do not pass, what holds a hand-off, what stops a drain, what doctor tells. */
function said(patient: Patient) {
  const { monolith, extracted } = patient.observed.states;
  const next = { kind: 'hand-off', below: 6_000, percent: 60 } as const;
  return {
    gates: gatesFor({ ...patient.at, percent: 0 }, next, patient.observed, defaultSettings)
      .filter(({ state }) => state !== 'pass')
      .map(({ name }) => name),
    handOff: handOffProblems({ monolith: monolith!, extracted: extracted! }, defaultSettings.gates),
    drain: drainProblems('monolith', monolith!),
    // That it waits, doctor says of whatever it waits for.
    doctor: diagnose(patient)
      .map(({ problem }) => problem)
      .filter((problem) => !/; so for \d+ s$/.test(problem)),
  };
}

it('where nothing is wrong, nobody says anything', () => {
  expect(said(well())).toEqual({ gates: [], handOff: [], drain: [], doctor: [] });
});

const quarantined = 'monolith has 1 quarantined rows';
const unnamed = 'monolith has set 2 changes aside: the process that sends does not name their tables';
const degraded = 'monolith is degraded since 2026-11-28T18:00:00Z: no answer';
const late = 'monolith is 10001 ms behind (limit 1000 ms)';
const fence = 'monolith has fenced the buckets [0, 100)';

it.each<[what: string, happens: (state: SideState) => void, expected: Partial<ReturnType<typeof said>>]>([
  [
    'a row is quarantined',
    ({ outgoing }) => (outgoing.parked = 1),
    { gates: ['quarantined'], handOff: [quarantined], drain: [quarantined], doctor: [quarantined] },
  ],
  [
    'changes wait for a process of the new release: no step fails for them',
    ({ outgoing }) => Object.assign(outgoing, { parked: 2, unnamed: 2 }),
    { gates: [], handOff: [unnamed], drain: [unnamed], doctor: [unnamed] },
  ],
  [
    'the other side does not confirm',
    ({ outgoing }) => Object.assign(outgoing, { degradedSince: '2026-11-28T18:00:00Z', reason: 'no answer' }),
    { gates: ['degraded'], handOff: [degraded], drain: [], doctor: [degraded] },
  ],
  [
    'buckets are fenced and no step is under way',
    ({ ownership }) => Object.assign(ownership, { fenceFrom: 0, fenceTo: 100 }),
    { gates: [], handOff: [fence], drain: [], doctor: [`${fence}, and no step is under way`] },
  ],
  [
    'nobody sends its changes',
    ({ outgoing }) => Object.assign(outgoing, { lagMs: 10_001, pending: 1 }),
    {
      gates: ['lag'],
      handOff: [late],
      drain: [],
      doctor: ['monolith has sent nothing for 10 s, and 1 changes wait'],
    },
  ],
  [
    'a transaction is open for long',
    ({ outgoing }) => (outgoing.oldestTransactionMs = 60_001),
    {
      gates: [],
      handOff: [],
      drain: [],
      doctor: ['a transaction in the database of monolith is open for 60 s'],
    },
  ],
  [
    'it is behind, and its relay sends',
    ({ outgoing }) => Object.assign(outgoing, { lagMs: 1_001, pending: 1 }),
    { gates: ['lag'], handOff: ['monolith is 1001 ms behind (limit 1000 ms)'], drain: [], doctor: [] },
  ],
])('%s', (_what, happens, expected) => {
  const patient = well();
  happens(of(patient));
  expect(said(patient)).toEqual(expected);
});

it.each<[what: string, happens: (states: Record<Side, SideState>) => void, held: RegExp[]]>([
  [
    'rows from before are still being copied',
    ({ monolith }) => (monolith.outgoing.backfill = [{ table: 'thing', copied: 1, total: 2, done: false }]),
    [/^monolith is still copying its rows from before \(thing\)$/],
  ],
  [
    'a side has not proven itself to the other one',
    ({ extracted }) => Object.assign(extracted.standpoint, { provenBy: null }),
    [/^extracted has not proven itself/],
  ],
  [
    'a database was put back',
    ({ monolith }) => Object.assign(monolith.standpoint, { standing: 'rolled back' }),
    [/^the database of monolith was put back \(rolled back\)$/],
  ],
  [
    'a side does not capture its changes',
    ({ extracted }) => Object.assign(extracted.ownership, { capture: false }),
    [/^extracted does not capture its changes$/],
  ],
  [
    'the sides are at different epochs',
    ({ extracted }) => Object.assign(extracted.ownership, { epoch: 5 }),
    [/^the sides are at different epochs \(monolith 4, extracted 5\)$/],
  ],
  [
    'the sides do not agree on the border',
    ({ extracted }) => Object.assign(extracted.ownership, { extractedBelow: 5_001 }),
    [/^the sides do not agree on the border$/],
  ],
  [
    'a copy is not whole',
    ({ extracted }) => Object.assign(extracted.standpoint, { complete: false }),
    [/^extracted is still being filled by monolith$/],
  ],
  [
    'a copy is whole of another life of its owner',
    ({ monolith }) => Object.assign(monolith.standpoint, { appliedLife: 2 }),
    [/^monolith is still being filled by extracted$/],
  ],
  [
    'a table is not captured on one side',
    ({ monolith }) =>
      Object.assign(monolith, { tables: [{ table: 'thing', columns: null, gap: 'triggers' }] }),
    [/thing/],
  ],
])('%s: no hand-off begins', (_what, happens, held) => {
  const { monolith, extracted } = well().observed.states;
  const states = { monolith: monolith!, extracted: extracted! };
  happens(states);
  expect(handOffProblems(states, defaultSettings.gates)).toEqual(
    held.map((words) => expect.stringMatching(words)),
  );
});

it('a row is asked by somebody', () => {
  expect(allConditions.filter(([, row]) => Object.keys(row).length === 0)).toEqual([]);
  expect(Object.keys(conditions).length).toBeGreaterThan(20);
});
