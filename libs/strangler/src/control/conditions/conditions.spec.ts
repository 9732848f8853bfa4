import { diagnose } from '../doctor/doctor.js';
import type { Patient } from '../doctor/examiner.js';
import { defaultSettings } from '../config/settings.js';
import { about } from '../patient.fixture.js';
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
    'it is behind, and its relay sends',
    ({ outgoing }) => Object.assign(outgoing, { lagMs: 1_001, pending: 1 }),
    { gates: ['lag'], handOff: ['monolith is 1001 ms behind (limit 1000 ms)'], drain: [], doctor: [] },
  ],
])('%s', (_what, happens, expected) => {
  const patient = well();
  happens(of(patient));
  expect(said(patient)).toEqual(expected);
});

it('a row is asked by somebody', () => {
  expect(allConditions.filter(([, row]) => Object.keys(row).length === 0)).toEqual([]);
  expect(Object.keys(conditions).length).toBeGreaterThan(20);
});
