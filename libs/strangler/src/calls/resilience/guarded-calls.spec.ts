import { contract } from '../../contract/contract.js';
import { OutcomeUnknownError, UnavailableError } from '../../contract/errors.js';
import { command, process as processOf, query } from '../../contract/operation-kinds.js';
import { prepare, type PreparedOperation } from '../../contract/operation.js';
import { Logger } from '@nestjs/common';
import { currentContext, withContext } from '../../database/context.js';
import { NotOwnerError, UnservedError } from '../../database/refusals.js';
import { refusal } from '../../../../../test/support/failure.js';
import { Answer, Ask } from '../../../../../test/support/toy.js';
import type { RemoteOptions } from '../side-calls.js';
import { GuardedCalls } from './guarded-calls.js';

const far = contract('far', {
  ownership: 'by-key',
  operations: {
    look: query({ input: Ask, output: Answer, key: 'name' }),
    hasty: query({ input: Ask, output: Answer, key: 'name', policy: { tryMs: 20 }, timeoutMs: 5_000 }),
    narrow: query({ input: Ask, output: Answer, key: 'name', policy: { atOnce: 2, waiting: 1, retries: 0 } }),
    once: query({ input: Ask, output: Answer, key: 'name', policy: { retries: 0 } }),
    patient: query({
      ...{ input: Ask, output: Answer, key: 'name', timeoutMs: 600_000 },
      policy: { atOnce: 1, waiting: 1, retries: 1 },
    }),
    put: command({ input: Ask, output: Answer, key: 'name', errors: ['too_many'] }),
    go: processOf({ input: Ask, output: Answer, key: 'name' }),
  },
});
type Name = keyof typeof far.operations;

const ok = () => Promise.resolve({ name: 'A' });
const silent = () => Promise.reject(new UnavailableError('far', 'gave no answer in time'));
const unknown = () => Promise.reject(new OutcomeUnknownError('far', 'put', 'c1'));
const absent = () => Promise.reject(new UnservedError('far', 'nobody serves far'));
const commandId = 'c1';

/** A side elsewhere, that answers one after the other as given, and goes on as the last. */
function sideThat(...answers: (() => Promise<unknown>)[]) {
  const asked: { options: RemoteOptions; leftMs: number }[] = [];
  const remote = {
    answers,
    isConnected: true,
    call: (_operation: PreparedOperation, _side: unknown, _input: unknown, options: RemoteOptions) => {
      asked.push({ options, leftMs: (currentContext()?.deadline ?? Infinity) - performance.now() });
      const [answer] = remote.answers;
      if (remote.answers.length > 1) remote.answers.shift();
      return answer!();
    },
  };
  const calls = new GuardedCalls(remote, () => remote.isConnected);
  const call = (name: Name, options: RemoteOptions = {}) =>
    calls.call(prepare(far).get(name)!, 'extracted', { name: 'A' }, options);
  const fail = async (times: number, name: Name = 'once') => {
    for (let n = 0; n < times; n++) await call(name).catch(() => undefined);
  };
  const breaker = () => calls.figures()[0]?.breaker;
  return { asked, remote, calls, call, fail, breaker };
}

beforeAll(() => Logger.overrideLogger(false));

/** Begins a call as if it were so many ms later. */
function later<T>(ms: number, begin: () => Promise<T>): Promise<T> {
  const now = performance.now() + ms;
  const clock = jest.spyOn(performance, 'now').mockReturnValue(now);
  const begun = begin();
  clock.mockRestore();
  return begun;
}

describe('a failed call is tried again', () => {
  it('a query; the caller has its answer', async () => {
    const { call, asked } = sideThat(silent, silent, ok);
    expect(await call('look')).toEqual({ name: 'A' });
    expect(asked).toHaveLength(3);
  });

  it('a command, under its id', async () => {
    const { call, asked } = sideThat(unknown, ok);
    expect(await call('put', { commandId })).toEqual({ name: 'A' });
    expect(asked.map(({ options }) => options.commandId)).toEqual(['c1', 'c1']);
  });

  it('each try has a time of its own', async () => {
    const { call, asked } = sideThat(silent, ok);
    await call('hasty');
    for (const { leftMs } of asked) expect(leftMs).toBeLessThanOrEqual(20);
  });

  it.each([
    ['a command without an id', 'put', {}, unknown],
    ['a process', 'go', { commandId }, unknown],
    ['where nobody is there, which was waited for', 'look', {}, absent],
    ['an error of this one call', 'look', {}, () => Promise.reject(new Error('internal'))],
    ['where the side is not the owner', 'look', {}, () => Promise.reject(new NotOwnerError('far'))],
    ['where another module failed', 'look', {}, () => Promise.reject(new UnavailableError('other', ''))],
  ] as const)('but not %s', async (_what, name, options, answer) => {
    const { call, asked } = sideThat(answer, ok);
    await expect(call(name, options)).rejects.toThrow();
    expect(asked).toHaveLength(1);
  });

  it('no longer than the caller waits', async () => {
    const { call, asked } = sideThat(silent, ok);
    const context = { requestId: 'r', servedBy: new Map(), deadline: performance.now() + 1 };
    expect(await refusal(withContext(context, () => call('look')))).toMatchObject({ code: 'unavailable' });
    expect(asked).toHaveLength(1);
  });
});

describe('once it is unknown what came of a command', () => {
  it.each([
    ['a refusal of a later try', () => Promise.reject(far.error('put', 'too_many'))],
    ['that nobody is there then', absent],
    ['that the keys have moved meanwhile', () => Promise.reject(new NotOwnerError('far'))],
  ])('it stays so after %s', async (_what, later) => {
    const { call } = sideThat(unknown, later);
    expect(await refusal(call('put', { commandId }))).toMatchObject({ code: 'outcome_unknown' });
  });
});

it('no storm: of a side that fails for all, retries are a tenth of the calls', async () => {
  // Now and then an answer, so that the breaker lets all of them through.
  const answers = Array.from({ length: 4_000 }, (_, n) => (n % 3 === 0 ? ok : silent));
  const { call, asked, calls } = sideThat(...answers);
  for (let n = 0; n < 300; n++) await call('look').catch(() => undefined);
  const { retries, retriesRefused } = calls.figures()[0]!;
  expect(asked).toHaveLength(300 + retries);
  expect(retries).toBeLessThanOrEqual(10 + 300 / 10);
  expect(retries).toBeGreaterThan(20);
  expect(retriesRefused).toBeGreaterThan(0);
});

describe('the breaker', () => {
  it('opens when nearly all calls fail: the next is answered at once, and none is made', async () => {
    const { call, fail, asked, breaker } = sideThat(silent);
    await fail(10);
    expect(breaker()).toBe('open');
    expect(await refusal(call('look'))).toMatchObject({ code: 'unavailable' });
    expect(asked).toHaveLength(10);
  });

  it('lets one call try again, and no other meanwhile; closes with its answer', async () => {
    let answer: (value: unknown) => void = () => undefined;
    const { call, fail, asked, breaker, remote } = sideThat(silent);
    await fail(10);
    remote.answers = [() => new Promise((resolve) => (answer = resolve))];
    const probe = later(10_000, () => call('look'));
    expect(breaker()).toBe('half-open');
    expect(await refusal(call('look'))).toMatchObject({ code: 'unavailable' });
    expect(asked).toHaveLength(11);
    answer({ name: 'A' });
    expect(await probe).toEqual({ name: 'A' });
    expect(breaker()).toBe('closed');
  });

  it('is no longer open when the clock of the machine is set back', async () => {
    const { call, fail, remote } = sideThat(silent);
    await fail(10);
    remote.answers = [ok];
    const hourAgo = Date.now() - 3_600_000;
    jest.spyOn(Date, 'now').mockReturnValue(hourAgo);
    expect(await later(10_000, () => call('look'))).toEqual({ name: 'A' });
    jest.restoreAllMocks();
  });

  it('stays open when the call that tries again says nothing of the side', async () => {
    const { fail, breaker, remote, asked, call, calls } = sideThat(silent);
    await fail(10);
    remote.isConnected = false;
    await refusal(later(10_000, () => call('once')));
    expect(asked).toHaveLength(11);
    expect(breaker()).toBe('open');
    expect(await refusal(call('once'))).toMatchObject({ code: 'unavailable' });
    expect(asked).toHaveLength(11);
    expect(calls.figures()).toMatchObject([{ opened: 1, reason: 'gave no answer in time' }]);
  });

  it('says that nobody is there as long as that is why: a caller goes on to another side', async () => {
    const { call, fail } = sideThat(absent);
    await fail(10);
    await expect(call('look')).rejects.toBeInstanceOf(UnservedError);
  });

  it.each([
    ['half of the calls fail: one of two copies hangs', [silent, ok]],
    ['the side is not the owner', [() => Promise.reject(new NotOwnerError('far'))]],
    ['commands are refused', [() => Promise.reject(far.error('put', 'too_many'))]],
    ['a module behind it fails', [() => Promise.reject(new UnavailableError('other', ''))]],
  ])('stays closed where %s', async (_what, answers) => {
    const { fail, breaker } = sideThat(...Array.from({ length: 15 }, () => answers).flat());
    await fail(30);
    expect(breaker()).toBe('closed');
  });

  it('stays closed while this process has no connection itself', async () => {
    const { fail, breaker, remote } = sideThat(absent);
    remote.isConnected = false;
    await fail(30);
    expect(breaker()).toBe('closed');
  });

  it('stays closed while callers have hardly any time', async () => {
    const { call, breaker } = sideThat(silent);
    for (let n = 0; n < 30; n++) {
      const context = { requestId: 'r', servedBy: new Map(), deadline: performance.now() + 100 };
      await refusal(withContext(context, () => call('once')));
    }
    expect(breaker()).toBe('closed');
  });

  it('is none of what is asked only to compare, or rehearsed', async () => {
    const { call, calls } = sideThat(silent);
    const context = { requestId: 'r', servedBy: new Map(), shadow: true };
    for (let n = 0; n < 12; n++) {
      await refusal(withContext(context, () => call('look')));
      await refusal(call('put', { rehearse: true }));
    }
    expect(calls.figures()).toEqual([]);
  });
});

describe('the bulkhead', () => {
  it('has so many under way, so many wait, and the next is refused at once', async () => {
    const answers: (() => void)[] = [];
    const { call, calls, asked } = sideThat(
      () => new Promise((resolve) => answers.push(() => resolve('ok'))),
    );
    const three = [call('narrow'), call('narrow'), call('narrow')];
    expect(await refusal(call('narrow'))).toMatchObject({ code: 'unavailable' });
    expect(asked).toHaveLength(2);
    const bulkhead = { operation: 'narrow', atOnce: 2, running: 2, waiting: 1, refused: 1 };
    expect(calls.figures()).toMatchObject([{ module: 'far', side: 'extracted', bulkheads: [bulkhead] }]);
    answers.forEach((answer) => answer());
    await Promise.all(three.slice(0, 2));
    answers[2]!();
    expect(await three[2]).toBe('ok');
  });

  it('is not waited for by a second try longer than the call has time', async () => {
    let end: () => void = () => undefined;
    const fail = () => new Promise((_resolve, reject) => (end = () => void silent().catch(reject)));
    const clock = jest.spyOn(performance, 'now');
    // By then the first is about to try again, when ten minutes have gone by.
    const hang = () => {
      const now = performance.now() + 600_000;
      setImmediate(() => clock.mockReturnValue(now));
      return new Promise(() => undefined);
    };
    const { call, asked } = sideThat(fail, hang);
    const first = call('patient');
    void call('patient').catch(() => undefined);
    end();
    expect(await refusal(first)).toMatchObject({ code: 'unavailable' });
    expect(asked).toHaveLength(2);
    clock.mockRestore();
  });

  it('never refuses what takes back', async () => {
    const answers: (() => void)[] = [];
    const { call } = sideThat(() => new Promise((resolve) => answers.push(() => resolve('ok'))));
    const all = [1, 2, 3].map(() => call('narrow'));
    const undo = call('narrow', { undoOf: 'c0', commandId });
    answers.forEach((answer) => answer());
    await Promise.all(all.slice(0, 2));
    answers.slice(2).forEach((answer) => answer());
    expect(await Promise.all([...all, undo])).toHaveLength(4);
  });
});
