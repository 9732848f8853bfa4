import { Word } from '../../contract/word.fixture.js';
import { contract } from '../../contract/contract.js';
import { command } from '../../contract/operation-kinds.js';
import { prepare, type PreparedOperation } from '../../contract/operation.js';
import { longestCallMs } from '../owner-retry.js';
import { register } from './registered.js';
import { call, own, type AnySaga } from './saga.js';

class Ask {
  @Word() name: string;
}

/** A module whose command takes this long, and may be taken back. */
const moduleOf = (timeoutMs: number) =>
  contract('away', {
    ownership: 'by-key',
    operations: {
      take: command({ input: Ask, output: Ask, key: (i) => i.name, timeoutMs, undo: 'giveBack' }),
      giveBack: command({ input: Ask, output: Ask, key: (i) => i.name, timeoutMs }),
    },
  });

/*
 * A process works on its step while the step's router still looks for the owner. If the lease ran out before that, another process would
 * do the step beside it.
 */
it.each([1, 1_500, 20_000, 60_000])(
  'the lease of a saga whose step takes %p ms is longer than its router looks, and than what takes it back',
  (timeoutMs) => {
    const away = moduleOf(timeoutMs);
    const operations = prepare(away) as Map<string, PreparedOperation>;
    const [take, giveBack] = ['take', 'giveBack'].map((name) => operations.get(name)!);
    const step = call<{ name: string }, typeof away, 'take'>(away, 'take', {
      input: ({ name }) => ({ name }),
    });
    const saga = { steps: [step], pivot: step.name } as unknown as AnySaga;
    const [{ leaseMs }] = register(take!, saga);
    expect(leaseMs).toBeGreaterThan(longestCallMs(take!));
    expect(leaseMs).toBeGreaterThan(longestCallMs(giveBack!));
    // With its last try, and the decision and the undo behind that.
    expect(longestCallMs(take!)).toBe(Math.max(10_000, timeoutMs) + 3 * timeoutMs);
  },
);

describe('definitions of one process', () => {
  const away = moduleOf(1);
  const take = (prepare(away) as Map<string, PreparedOperation>).get('take')!;
  const definition = (...names: string[]) => ({
    steps: names.map((name) => own<object>(name, () => Promise.resolve())),
    pivot: names.at(-1)!,
  });
  const registered = (saga: object) => () => register(take, saga as AnySaga);

  it('are the present one, and those of before that it names', () => {
    const earlier = { 1: definition('a'), 2: definition('b', 'c') };
    const all = registered({ ...definition('d'), version: 3, earlier })();
    expect(all.map(({ process, pivot }) => [process, pivot])).toEqual([
      ['take@3', 0],
      ['take', 0],
      ['take@2', 1],
    ]);
  });

  it.each([
    [{ ...definition('a'), version: 0 }, 'a version is 1 or more, not 0'],
    [{ ...definition('a'), version: 1.5 }, 'a version is 1 or more, not 1.5'],
    [{ ...definition('a'), earlier: { 1: definition('b') } }, 'has a lower version than the present one, 1'],
    [{ ...definition('a'), version: 2, earlier: { 3: definition('b') } }, 'than the present one, 2'],
    [{ ...definition('a'), version: 2, earlier: { one: definition('b') } }, 'not NaN'],
    [{ ...definition('a', 'a') }, 'away.take: two steps have the same name'],
    [
      { ...definition('a'), version: 2, earlier: { 1: { ...definition('b'), pivot: 'x' } } },
      'away.take: its pivot "x" is none of its steps (b)',
    ],
  ])('%j is refused: %s', (saga, why) => {
    expect(registered(saga)).toThrow(why);
  });
});
