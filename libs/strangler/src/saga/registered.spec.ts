import { command, contract, Sku } from '#contracts';
import { prepare, type PreparedOperation } from '../operation.js';
import { longestMs } from '../pursuit.js';
import { register } from './registered.js';
import { call, type AnySaga } from './saga.js';

class Ask {
  @Sku() name: string;
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
    const { leaseMs } = register(take!, saga);
    expect(leaseMs).toBeGreaterThan(longestMs(take!));
    expect(leaseMs).toBeGreaterThan(longestMs(giveBack!));
    // With its last try, and the decision and the undo behind that.
    expect(longestMs(take!)).toBe(Math.max(10_000, timeoutMs) + 3 * timeoutMs);
  },
);
