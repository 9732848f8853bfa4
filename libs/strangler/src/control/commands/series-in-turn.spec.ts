import { BusyError } from '../terms/refused.js';
import type { ModuleSeries, SeriesQuestion } from './series.js';
import { SeriesInTurn } from './series-in-turn.js';

/* What would go wrong: whoever opens many pages keeps the connections busy by which modules are moved. */
let inTurn: SeriesInTurn;
const begun: string[] = [];
const ends: (() => void)[] = [];

beforeEach(() => {
  begun.length = ends.length = 0;
  inTurn = new SeriesInTurn((module, { minutes }) => {
    begun.push(`${module} ${minutes}`);
    return new Promise((resolve) => ends.push(() => resolve({ module } as ModuleSeries)));
  }, 3);
});

const of = (minutes: number): SeriesQuestion => ({ minutes });
/** Until all that can begin has begun. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

it('one begins when the one before has ended', async () => {
  const answers = [inTurn.ask('parcels', of(15)), inTurn.ask('stock', of(15))];
  await settled();
  expect(begun).toEqual(['parcels 15']);
  ends[0]!();
  await settled();
  expect(begun).toEqual(['parcels 15', 'stock 15']);
  ends[1]!();
  expect(await Promise.all(answers)).toEqual([{ module: 'parcels' }, { module: 'stock' }]);
});

it('who asks the same while it is found out shares the answer; who asks afterwards has a new one', async () => {
  const answers = [inTurn.ask('parcels', of(15)), inTurn.ask('parcels', of(15))];
  await settled();
  ends[0]!();
  expect(await answers[1]).toBe(await answers[0]);
  void inTurn.ask('parcels', of(15));
  await settled();
  expect(begun).toEqual(['parcels 15', 'parcels 15']);
});

it('another end is another question', async () => {
  void inTurn.ask('parcels', of(15));
  void inTurn.ask('parcels', { minutes: 15, until: '2026-12-01T00:00:00Z' });
  await settled();
  ends[0]!();
  await settled();
  expect(begun).toHaveLength(2);
});

it('one too many is refused, and has taken nobody’s turn', async () => {
  for (const minutes of [1, 2, 3]) void inTurn.ask('parcels', of(minutes));
  await expect(inTurn.ask('parcels', of(4))).rejects.toThrow(BusyError);
  void inTurn.ask('parcels', of(3));
  await settled();
  ends[0]!();
  await settled();
  void inTurn.ask('parcels', of(5));
  for (const end of [1, 2, 3]) {
    ends[end]!();
    await settled();
  }
  expect(begun).toEqual([1, 2, 3, 5].map((minutes) => `parcels ${minutes}`));
});

it('a failure is of whoever asked, and holds nobody behind', async () => {
  const failing = new SeriesInTurn((module) =>
    module === 'stock'
      ? Promise.reject(new Error('no such database'))
      : Promise.resolve({ module } as ModuleSeries),
  );
  const answers = await Promise.allSettled(['stock', 'parcels'].map((each) => failing.ask(each, of(15))));
  expect(answers.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  await expect(failing.ask('stock', of(15))).rejects.toThrow('no such database');
});
