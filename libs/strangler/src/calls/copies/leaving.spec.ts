import {
  reportIn,
  isSuspect,
  mayLeave,
  mayStayOut,
  whatIsWrong,
  type CopyReport,
  type CopyState,
} from './leaving.js';

const figures = (calls: number, failed = 0, p90Ms = 5) => ({ calls, failed, p90Ms });
const other = (of = figures(100), state: CopyState = 'in'): CopyReport => ({
  ...{ id: 'b', state, reason: null },
  figures: of,
});

describe('a copy is worse than the others', () => {
  it.each<[string, ReturnType<typeof figures>, CopyReport[], string | undefined]>([
    [
      'it fails, they do not',
      figures(40, 30),
      [other()],
      '30 of its last 40 calls failed; of other copies 0 % do',
    ],
    [
      'it is slow, they are not',
      figures(40, 0, 900),
      [other()],
      'nine of ten calls take up to 900 ms here, and 5 ms on other copies',
    ],
    ['all fail: it is not the copy', figures(40, 30), [other(figures(40, 28))], undefined],
    ['all are slow', figures(40, 0, 900), [other(figures(40, 0, 700))], undefined],
    [
      'of several the one in the middle counts',
      figures(40, 40),
      [other(figures(40, 40)), other(), other()],
      '40 of its last 40 calls failed; of other copies 0 % do',
    ],
    ['it is slower, and quick enough', figures(40, 0, 100), [other()], undefined],
    ['it has answered too little', figures(19, 19), [other()], undefined],
    ['they have answered too little', figures(40, 40), [other(figures(19))], undefined],
    ['who is out is no measure', figures(40, 40), [other(figures(100), 'out')], undefined],
    ['it is alone', figures(40, 40), [], undefined],
    ['few of its calls fail', figures(40, 19), [other()], undefined],
  ])('%s', (_what, own, others, wrong) => {
    expect(whatIsWrong(own, others)).toBe(wrong);
    if (wrong !== undefined) expect(isSuspect(own)).toBe(true);
  });
});

it.each<[number, number, boolean]>([
  [0, 0, false],
  [1, 0, true],
  [1, 1, false],
  [2, 0, true],
  [2, 1, false],
  [3, 1, true],
  [3, 2, false],
])('of %d others %d are gone: it may be out, too: %s', (others, gone, may) => {
  const all = (state: CopyState) =>
    Array.from({ length: others }, (_, i) => ({ state: i < gone ? state : 'in' }) as const);
  expect([mayLeave(all('out')), mayLeave(all('leaving')), mayStayOut(all('out'))]).toEqual([may, may, may]);
  // Who wants to leave does not drive back those who have.
  expect(mayStayOut(all('leaving'))).toBe(others > 0);
});

/* Each says that it leaves, asks the others one after the other, and decides: every order of these steps, of up to four copies that all want to. */
interface World {
  readonly states: readonly CopyState[];
  /** What each has heard so far, of the others in their order; undefined: it does not ask. */
  readonly heard: readonly (readonly CopyState[] | undefined)[];
}

function* stepsOf({ states, heard }: World): Generator<World> {
  for (const [me, state] of states.entries()) {
    const others = states.filter((_, i) => i !== me);
    const asked = heard[me];
    const next = (to: CopyState, hears: readonly CopyState[] | undefined): World => ({
      states: states.with(me, to),
      heard: heard.with(me, hears),
    });
    if (state === 'in') yield next('leaving', []);
    if (state === 'out') yield next('in', undefined);
    if (state !== 'leaving' || !asked) continue;
    if (asked.length < others.length) yield next('leaving', [...asked, others[asked.length]!]);
    else yield next(mayLeave(asked.map((each) => ({ state: each }))) ? 'out' : 'in', undefined);
  }
}

it.each([2, 3, 4])('never more than half of %d copies are out, whoever is faster', (copies) => {
  const first: World = {
    states: Array<CopyState>(copies).fill('in'),
    heard: Array<undefined>(copies).fill(undefined),
  };
  const seen = new Set<string>();
  let most = 0;
  for (const due = [first]; due.length > 0;) {
    const world = due.pop()!;
    most = Math.max(most, world.states.filter((state) => state === 'out').length);
    for (const next of stepsOf(world)) {
      const text = JSON.stringify(next);
      if (seen.has(text)) continue;
      seen.add(text);
      due.push(next);
    }
  }
  expect(most).toBe(Math.floor(copies / 2));
});

it.each([
  'no JSON',
  'null',
  '{}',
  '{"id":"b","state":"in","reason":null}',
  '{"id":"b","state":"away","reason":null,"figures":{"calls":1,"failed":0,"p90Ms":1}}',
  '{"id":"b","state":"in","reason":null,"figures":{"calls":"9","failed":0,"p90Ms":1}}',
  '{"id":"b","state":"in","reason":null,"figures":{"calls":9,"failed":null,"p90Ms":1}}',
])('who answers %s is no copy', (text) => {
  expect(reportIn(text)).toBeUndefined();
  expect(reportIn(JSON.stringify({ ...other(), more: 'of a later release' }))).toEqual(other());
});
