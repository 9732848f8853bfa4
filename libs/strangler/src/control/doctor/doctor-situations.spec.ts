import type { TableState } from '../../engine/ownership/captured.js';
import type { Side } from '../../routes/phase.js';
import type { LatePruning } from '../../engine/pruning/pruner.js';
import type { SideState } from '../../sides/side.js';
import { diagnose } from './doctor.js';
import type { Patient } from './examiner.js';
import { about } from '../patient.fixture.js';
import { waits } from '../conditions/sentences.js';

/* What can go wrong while a module is on its way: doctor names each, and what ends it, be that a verb, a statement, or nothing. */

const well = (): Patient => {
  const patient = about({}, {});
  patient.note.trouble = null;
  for (const side of ['monolith', 'extracted'] as const)
    Object.assign(patient.observed.states[side]!.outgoing, { pending: 0, parked: 0 });
  return patient;
};
const of = (patient: Patient, side: Side): SideState => patient.observed.states[side]!;
const table = (change: Partial<TableState> = {}): TableState => ({
  table: 'thing',
  columns: ['id', 'key'],
  gap: null,
  ...change,
});
/** The tables of both sides. */
const tables =
  (monolith: TableState, extracted = table()) =>
  (patient: Patient) => {
    of(patient, 'monolith').tables = [monolith];
    of(patient, 'extracted').tables = [extracted];
  };
const outgoing =
  (change: Partial<SideState['outgoing']>, side: Side = 'monolith') =>
  (patient: Patient) =>
    void Object.assign(of(patient, side).outgoing, change);
const ownership = (change: Partial<SideState['ownership']>) => (patient: Patient) =>
  void Object.assign(of(patient, 'monolith').ownership, change);
const late = (change: Partial<LatePruning>) => (patient: Patient) => {
  const some = { what: 'results', lateMs: 7_500_000, problem: null, waitsFor: null } as const;
  of(patient, 'monolith').latePruning = [{ ...some, ...change }];
};
const absent = (kind: 'silent' | 'no database' | 'nobody') => (patient: Patient) => {
  Object.assign(patient.observed.states, { extracted: null });
  Object.assign(patient.observed.absent!, { extracted: { kind, detail: 'no answer in 2 s' } });
};

it('of changes that wait for a process of the new release nobody is told to forget them', () => {
  const patient = well();
  outgoing({ parked: 3, unnamed: 2 })(patient);
  const texts = diagnose(patient).map(({ problem }) => problem);
  expect(texts).toContain('monolith has 1 quarantined rows');
  outgoing({ parked: 2 })(patient);
  expect(
    diagnose(patient)
      .map(({ remedy }) => remedy)
      .join(),
  ).not.toContain('--discard');
});

it('says nothing of a module with which nothing is wrong', () => {
  expect(diagnose(well())).toEqual([]);
});

it.each<
  [what: string, happens: (patient: Patient) => void, problem: RegExp, ends: RegExp | 'repair' | 'itself']
>([
  [
    'triggers were switched off, dropped, or a table was swapped',
    tables(table({ gap: 'triggers' })),
    /thing on monolith was written without capture/,
    'repair',
  ],
  [
    'a table was named while keys were split, and the other side sends its rows of it',
    (patient) => {
      tables(table({ gap: 'awaits' }))(patient);
      outgoing({ backfill: [{ table: 'thing', copied: 0, total: 1, done: false }] }, 'extracted')(patient);
    },
    /the other side has not sent all its rows of it/,
    'itself',
  ],
  [
    'the same, and the other side sends nothing of it',
    tables(table({ gap: 'awaits' })),
    /the other side has not sent all its rows of it/,
    'repair',
  ],
  [
    'capture was switched off',
    ownership({ capture: false }),
    /monolith does not capture its changes/,
    /strangler rollback toy/,
  ],
  [
    'a table is not there',
    tables(table({ gap: 'missing' })),
    /thing on monolith is not there/,
    /run the migration that makes it/,
  ],
  [
    'only one side has a column',
    tables(table({ columns: ['id', 'key', 'note'] })),
    /thing on extracted has no column note: run the migration there, too/,
    /as it says/,
  ],
  [
    'a table has other columns since a moment ago',
    tables(table({ gap: 'columns' })),
    /thing on monolith has other columns/,
    'itself',
  ],
  [
    'a copy is filled anew',
    (patient) => {
      Object.assign(of(patient, 'extracted').standpoint, { complete: false });
      outgoing({ backfill: [{ table: 'thing', copied: 3, total: 9, done: false }] })(patient);
    },
    /the copy on extracted lacks something .*: 3 of about 9 rows/,
    /goes on by itself/,
  ],
  [
    'a fence stays',
    (patient) => {
      ownership({ fenceFrom: 0, fenceTo: 500, fencedMs: 60_000 })(patient);
      patient.row.transition = { step: { kind: 'hand-off' }, begun: 0 } as never;
    },
    /monolith has fenced the buckets \[0, 500\) for 60 s/,
    /both sides answer and have proven themselves: do what is said of the one that does not/,
  ],
  [
    'a database has fallen silent',
    absent('silent'),
    /the service of toy is there, and does not answer in time/,
    /look at its database and its log.*failover toy/,
  ],
  [
    'a database is away',
    absent('no database'),
    /the service of toy cannot reach its database/,
    /start the database/,
  ],
  [
    'a service does not start, for its settings are wrong',
    absent('nobody'),
    /the service of toy is not there/,
    /npm run start:extracted -- toy/,
  ],
  [
    'clocks differ',
    (patient) => {
      outgoing({ clockMs: 3_600_000 })(patient);
      outgoing({ clockMs: 0 }, 'extracted')(patient);
    },
    /the clock of the database of monolith is 3600 s ahead/,
    /NTP/,
  ],
  [
    'a migration of rows fails',
    (patient) =>
      void (of(patient, 'extracted').stuckMigration = {
        name: 'grams',
        stuckMs: 75_000,
        problem: 'overflow',
      }),
    /the owner migration "grams" on extracted has not got on for 75 s: overflow/,
    /mend what it sets, or the condition, in the next release/,
  ],
  [
    'a migration of rows has to wait for a lock',
    (patient) => {
      const waits = { problem: null, waitsFor: 'locked' as const };
      of(patient, 'extracted').stuckMigration = { name: 'grams', stuckMs: 75_000, ...waits };
    },
    /"grams" on extracted has not got on for 75 s: it waits for whoever holds a lock on the table$/,
    /end the transaction that holds the table or its rows/,
  ],
  [
    'a migration of rows has to wait for the other side',
    (patient) => {
      const waits = { problem: null, waitsFor: 'behind' as const };
      of(patient, 'extracted').stuckMigration = { name: 'grams', stuckMs: 75_000, ...waits };
    },
    /"grams" on extracted has not got on for 75 s: it waits for the other side/,
    /do what is said of the other side/,
  ],
  [
    'pruning waits for the other side',
    late({ waitsFor: 'behind' }),
    /monolith has not pruned its results to the end for 2 h: it waits for the other side/,
    /do what is said of the other side; then it goes on by itself/,
  ],
  [
    'pruning fails',
    late({ problem: 'permission denied for table idempotency' }),
    /monolith has not pruned its results to the end for 2 h: permission denied/,
    /mend what it says; then it goes on by itself/,
  ],
  ['pruning has much to do', late({}), /monolith has not pruned its results to the end for 2 h$/, 'itself'],
  [
    'a call outside gives no answer, so its saga is not over',
    (patient) =>
      void (of(patient, 'monolith').lateSagas = [
        { process: 'place', step: 2, name: 'charge', sagas: 3, ageMs: 420_000 },
      ]),
    /3 sagas of toy\.place at step 2 \("charge"\) of definition 1: not over after 7 min \(monolith\)/,
    /see the log of monolith for what it waits for \(a module, a provider\)/,
  ],
  [
    'a saga is of a definition that nobody knows',
    (patient) =>
      void (of(patient, 'monolith').stranded = [
        { process: 'place@2', step: 2, name: 'charge', sagas: 1, dueMs: 60_000 },
      ]),
    /1 saga of toy\.place at step 2 \("charge"\) of definition 2/,
    /start a process of monolith of the release/,
  ],
  [
    'an old writer postpones hand-offs',
    (patient) => {
      const writer = {
        pid: 77,
        prepared: null,
        since: null,
        state: 'idle in transaction',
        query: 'update …',
      };
      const need = waits.oldWriters('monolith', [writer]);
      Object.assign(patient.note, { trouble: need, wait: need.kind, since: -60_000 });
      Object.assign(patient.row, { percent: 50, wanted: { ...patient.row.wanted, percent: 60 } });
      patient.row.settings = { ...patient.row.settings, bakeMs: 0 };
    },
    /a fence would wait for a transaction on monolith, and customers with it: .*77/,
    /pg_terminate_backend\(77\)/,
  ],
  [
    'rows are quarantined',
    outgoing({ parked: 2 }),
    /monolith has 2 quarantined rows/,
    /strangler quarantined toy --retry <id>/,
  ],
  [
    'changes wait for a process of the new release',
    outgoing({ parked: 2, unnamed: 2 }),
    /monolith has set 2 changes aside: the process that sends does not name their tables/,
    /do not discard them: start the new release on all processes of monolith/,
  ],
  [
    'a transaction is open for an hour',
    outgoing({ oldestTransactionMs: 3_600_000 }),
    /a transaction in the database of monolith is open for 3600 s/,
    /end it: select pid/,
  ],
  [
    'the other side does not confirm',
    outgoing({ degradedSince: '2026-11-28T18:00:00Z', reason: 'no answer' }),
    /monolith is degraded since 2026-11-28T18:00:00Z: no answer/,
    /look at the other side and at NATS/,
  ],
])('%s', (_what, happens, problem, ends) => {
  const patient = well();
  happens(patient);
  const found = diagnose(patient);
  const named = found.find((each) => problem.test(each.problem));
  expect({ found, named }).toMatchObject({ named: expect.anything() });
  if (ends === 'repair') expect(named).toMatchObject({ repairable: true });
  else if (ends === 'itself') expect(named).toMatchObject({ byItself: true });
  else expect(named?.remedy).toMatch(ends);
});
