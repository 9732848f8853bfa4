import { CommandUndoneError, isDomainError, type DomainError } from '../contract/errors.js';
import fc from 'fast-check';
import { tally } from '../../../../test/hazards/support/tally.js';
import { prepare, type PreparedOperation } from '../contract/operation.js';
import type { Side } from '../routes/phase.js';
import { OwnerRetry, type Ways } from './owner-retry.js';
import { judgeParts, type Ended } from './fan-out.js';
import { PartlyDoneError } from '../database/refusals.js';
import type { Part } from '../routes/route.js';

/*
 * Tries of one split command, at once and in every order of their steps, over a store that has one row a key. A key is
 * refused at times, and at others not; a step fails before it is done or behind it. Whatever happens, success is
 * answered only if nothing is taken back, and who comes at last ends it.
 */
const addAll = prepare(tally).get('addAll') as PreparedOperation;
const keys = ['A', 'B', 'C'];
const input = {
  ticket: '0190aaaa-0000-7000-8000-0000000000aa',
  items: keys.map((name) => ({ name, amount: 1 })),
};
const tooMany = (): DomainError => tally.error('addAll', 'too_many', { most: 0 });
const keysIn = (asked: unknown) => addAll.keysOf(asked);
const code = (error: unknown) => (isDomainError(error) ? error.code : String(error));

type Fate = 'as it is' | 'refused' | 'never came' | 'reply lost';
type Row = 'done' | 'undone';

/** The rows of both owners, and what becomes of each step. */
class Store {
  readonly rows = new Map<string, Row>();
  /** Whether something was taken back that had been done. */
  takenBack = false;

  constructor(readonly fates: Fate[]) {}

  put(asked: unknown, fate: Fate): unknown {
    const { done, open } = this.sorted(asked);
    if (fate === 'refused' && open.length > 0) throw refusedBeside(done, tooMany());
    for (const key of open) this.rows.set(key, 'done');
    return asked;
  }

  cancel(asked: unknown): unknown {
    const { open } = this.sorted(asked);
    for (const key of open) this.rows.set(key, 'undone');
    if (open.length > 0) throw new CommandUndoneError();
    return asked;
  }

  undo(asked: unknown): unknown {
    for (const key of keysIn(asked)) {
      this.takenBack ||= this.rows.get(key) === 'done';
      this.rows.set(key, 'undone');
    }
    return asked;
  }

  fate(): Fate {
    return this.fates.pop() ?? 'as it is';
  }

  private sorted(asked: unknown): { done: string[]; open: string[] } {
    const of = (row: Row | undefined) => keysIn(asked).filter((key) => this.rows.get(key) === row);
    if (of('undone').length > 0) throw refusedBeside(of('done'), new CommandUndoneError());
    return { done: of('done'), open: of(undefined) };
  }
}

/** As an owner says it that an earlier try has made do some of the keys. */
const refusedBeside = (done: string[], refusal: DomainError): DomainError =>
  done.length > 0 ? new PartlyDoneError(done, refusal) : refusal;

/** One try; its steps are taken in the order that `scheduler` makes up. */
function tryOnce(store: Store, parts: readonly Part[], scheduler?: fc.Scheduler): Promise<unknown> {
  const step = async (work: (fate: Fate) => unknown): Promise<unknown> => {
    await scheduler?.schedule(Promise.resolve());
    const fate = store.fate();
    if (fate === 'never came') throw new Error('lost');
    const result = await new Promise((resolve) => resolve(work(fate)));
    await scheduler?.schedule(Promise.resolve());
    if (fate === 'reply lost') throw new Error('lost');
    return result;
  };
  const ways: Ways = {
    attempt: (_side, asked) => step((fate) => store.put(asked, fate)),
    cancel: (asked) => step(() => store.cancel(asked)),
    undo: (_operation, asked) => step(() => store.undo(asked)),
    refresh: () => undefined,
  };
  const call = { operation: addAll, input, commandId: '0190aaaa-0000-7000-8000-000000000024' };
  const startedAt = performance.now();
  return new OwnerRetry(
    { ...call, parsed: true, undoOf: undefined, cancel: undefined, startedAt },
    ways,
  ).inParts(parts);
}

const part = (side: Side, ...own: string[]): Part => ({ side, keys: own });
const splits = fc.constantFrom<readonly Part[]>(
  [part('monolith', 'A'), part('extracted', 'B', 'C')],
  [part('monolith', 'A', 'C'), part('extracted', 'B')],
  [part('monolith', 'A', 'B'), part('extracted', 'C')],
);
const fates = fc.array(
  fc.constantFrom<Fate>('as it is', 'as it is', 'refused', 'refused', 'never came', 'reply lost'),
  { maxLength: 12 },
);

it('success is answered only where nothing is taken back, and the last one to come ends it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(splits, { minLength: 1, maxLength: 3 }),
      fates,
      async (scheduler, tries, planned) => {
        const store = new Store([...planned]);
        const running = tries.map((parts) => tryOnce(store, parts, scheduler));
        const ended = await scheduler.waitFor(Promise.allSettled(running));
        store.fates.length = 0;
        const last = await tryOnce(store, tries[0]!).then(() => 'ok', code);
        const rows = keys.map((key) => store.rows.get(key));
        if (last === 'ok') expect(rows).toEqual(['done', 'done', 'done']);
        else expect([last, rows.includes('done')]).toEqual(['command_undone', false]);
        const succeeded = ended.some(({ status }) => status === 'fulfilled');
        if (succeeded || last === 'ok') expect(store.takenBack).toBe(false);
      },
    ),
    { numRuns: 500 },
  );
});

describe('the decision of one try', () => {
  const [first, second] = [part('monolith', 'A', 'C'), part('extracted', 'B')];
  const refused = (of: Part, error: DomainError = tooMany(), done: string[] = []) =>
    ({ kind: 'refused', part: of, error, done }) as const;
  const ok = (of: Part) => ({ kind: 'ok', part: of, output: { items: [] } }) as const;
  const decide = (...ended: Ended[]) =>
    judgeParts(addAll, input, ended, { commandId: 'c', touched: new Set() });

  it.each([
    ['at the lowest key that was refused', [refused(first), ok(second)], 'A', ['B']],
    [
      'not at one that an earlier try had done',
      [refused(first, undefined, ['A']), ok(second)],
      'C',
      ['B', 'A'],
    ],
    [
      'nowhere, where a key is taken back',
      [refused(first, new CommandUndoneError()), ok(second)],
      undefined,
      ['B'],
    ],
    [
      'nowhere, where one is, and another is refused',
      [refused(first), refused(second, new CommandUndoneError())],
      undefined,
      [],
    ],
  ])('%s', (_where, ended, decideAt, undo) => {
    expect(decide(...ended)).toMatchObject({ kind: 'fail', undo });
    expect(decide(...ended)).toHaveProperty('decideAt', decideAt);
  });
});
