import { freshDatabase, type TestDatabase } from '../../../../test/support/postgres.js';
import { Database } from '../database/database.js';
import { bucketOfMs, emptyHistogram, percentile } from './histogram.js';
import { addSteps, reportSteps, reportStepsInTime, stepsQuestion } from './call-steps.js';
import { callSeries, comparisonSeries } from './series.js';
import { Windows, type CallDelta } from './windows.js';

/* What would go wrong: calls in another step than their own, those of one process alone, and probes that look like customers. */
let test: TestDatabase;
let database: Database;
/** Two minutes ago, s since 1970: the beginning of a step of any length that is asked for here. */
let first: number;

beforeAll(async () => {
  test = await freshDatabase();
  database = new Database(test.url);
  first = Math.floor(Date.now() / 60_000) * 60 - 120;
});
afterAll(async () => {
  await database.close();
  await test.drop();
});

const stepsOf = (stepSeconds: number, count: number) => ({
  at: Array.from({ length: count }, (_, i) => first + i * stepSeconds),
  stepSeconds,
});

/** As this database says it. */
async function callsOf(module: string, steps: ReturnType<typeof stepsOf>) {
  const report = await reportSteps(database, stepsQuestion(module, steps, Date.now()));
  return callSeries(addSteps([report]), steps);
}

/** Ten calls that took so many ms, in the slot at so many seconds behind the first step. */
async function called(module: string, second: number, ms: number, change: Partial<CallDelta> = {}) {
  const latency = emptyHistogram();
  latency[bucketOfMs(ms)] = 10;
  const delta: CallDelta = {
    ...{ module, side: 'extracted', origin: 'customer', calls: 10, errors: 1 },
    latency,
    ...change,
  };
  await new Windows(database).addCalls([delta], 0, []);
  await test.query(
    `update strangler.call_window set slot = to_timestamp($2), process = gen_random_uuid() where module = $1 and slot > now() - interval '10 s'`,
    [module, first + second],
  );
}

const compared = (module: string, second: number, origin: string, figures: readonly number[]) =>
  test.query(
    `insert into strangler.shadow_window values ($1, to_timestamp($2), gen_random_uuid(), $3, $4, $5, $6)`,
    [module, first + second, origin, ...figures],
  );
/** The border of a histogram that such a call counts below. */
const border = (ms: number): number => {
  const one = emptyHistogram();
  one[bucketOfMs(ms)] = 1;
  return percentile(one, 1)!;
};

it('calls of customers a second, of all processes, each in its step', async () => {
  await called('toy', 0, 3);
  await called('toy', 9, 3);
  await called('toy', 9, 40, { side: 'monolith', errors: 0 });
  await called('toy', 10, 3, { origin: 'probe' });
  await called('toy', 29, 3, { errors: 10 });
  // Before the first step, and behind the last one.
  await called('toy', -1, 3);
  await called('toy', 30, 3);
  await called('another', 0, 3);
  const { calls, errors } = await callsOf('toy', stepsOf(10, 3));
  expect(calls).toEqual({ monolith: [1, 0, 0], extracted: [2, 0, 1] });
  expect(errors).toEqual({ monolith: [0, 0, 0], extracted: [0.2, 0, 1] });
});

it('the same calls in longer steps are fewer a second', async () => {
  await called('long', 0, 3);
  await called('long', 45, 3, { side: 'monolith' });
  const { calls } = await callsOf('long', stepsOf(20, 3));
  expect(calls).toEqual({ monolith: [0, 0, 0.5], extracted: [0.5, 0, 0] });
});

it('percentiles are those of all calls of a step together, and none where there were none', async () => {
  for (const second of [0, 1, 2, 3, 4, 5, 6, 7, 8]) await called('slow', second, 3);
  await called('slow', 9, 900);
  await called('slow', 20, 40);
  const { p50Ms, p99Ms } = await callsOf('slow', stepsOf(10, 3));
  expect(p50Ms).toEqual({ monolith: [null, null, null], extracted: [border(3), null, border(40)] });
  expect(p99Ms.extracted).toEqual([border(900), null, border(40)]);
});

it('comparisons are counted by the step; those of probes once more by themselves, rehearsals not at all', async () => {
  await compared('toy', 0, 'customer', [10, 1, 2]);
  await compared('toy', 5, 'probe', [100, 0, 3]);
  await compared('toy', 5, 'rehearsal', [1_000, 1_000, 0]);
  await compared('toy', 25, 'customer', [4, 0, 0]);
  await compared('toy', 30, 'probe', [9, 9, 9]);
  expect(await comparisonSeries(database, 'toy', stepsOf(10, 3))).toEqual({
    shadow: { compared: [110, 0, 4], mismatches: [1, 0, 0], unavailable: [5, 0, 0] },
    probes: { compared: [100, 0, 0], mismatches: [0, 0, 0], unavailable: [3, 0, 0] },
  });
});

it('a question that was on its way for seconds is answered for the same steps', async () => {
  await called('late', 10, 3);
  const question = stepsQuestion('late', stepsOf(10, 3), Date.now());
  for (const ms of [-4_000, 0, 4_000]) {
    const { home, rows } = await reportSteps(database, { ...question, ageMs: question.ageMs + ms });
    expect(rows.map(({ step, calls }) => [step, calls])).toEqual([[1, 10]]);
    expect(home).toMatch(/\w/);
  }
});

it('of more steps than a chart has no more are answered', async () => {
  await called('many', -10_000, 3);
  await called('many', 0, 3);
  const steps = { at: [first - 10_000], stepSeconds: 10 };
  const question = { ...stepsQuestion('many', steps, Date.now()), count: 1_000_000 };
  expect((await reportSteps(database, question)).rows.map(({ step }) => step)).toEqual([0]);
});

it('who waits no more is not worked for: charts of a page that asks again and again do not pile up', async () => {
  const locked = await database.session();
  const question = stepsQuestion('toy', stepsOf(10, 3), Date.now());
  try {
    await locked.query('begin; lock table strangler.call_window');
    await expect(reportStepsInTime(database, question, 50)).rejects.toThrow(/statement timeout/);
  } finally {
    await locked.end();
  }
  expect((await reportStepsInTime(database, question)).home).toMatch(/\w/);
});

it('of no step nothing is asked', async () => {
  const nothing = { at: [], stepSeconds: 10 };
  expect((await callsOf('toy', nothing)).calls).toEqual({ monolith: [], extracted: [] });
  expect((await comparisonSeries(database, 'toy', nothing)).probes.compared).toEqual([]);
});
