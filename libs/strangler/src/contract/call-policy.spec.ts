import { callPolicyOf, problemOfPolicy, type CallPolicy } from './call-policy.js';

it('what a policy leaves out is as the kind of the operation has it', () => {
  const rest = { tryMs: 1_500, atOnce: 256, waiting: 512 };
  expect(callPolicyOf({ kind: 'query' })).toEqual({ ...rest, retries: 2 });
  expect(callPolicyOf({ kind: 'command', timeoutMs: 300 })).toEqual({ ...rest, tryMs: 300, retries: 2 });
  expect(callPolicyOf({ kind: 'process' })).toEqual({ ...rest, retries: 0 });
  expect(callPolicyOf({ kind: 'command', result: 'charged' })).toEqual({ ...rest, retries: 0 });
  expect(callPolicyOf({ kind: 'process', policy: { retries: 1 } })).toEqual({ ...rest, retries: 1 });
});

it.each<[CallPolicy, string]>([
  [{ tryMs: 1_501 }, 'tryMs is a time of up to timeoutMs (1500 ms)'],
  [{ tryMs: 0 }, 'tryMs is a time of up to'],
  [{ retries: -1 }, 'retries is a whole number from 0 on'],
  [{ atOnce: 0 }, 'atOnce is a whole number from 1 on'],
  [{ waiting: 1.5 }, 'waiting is a whole number from 0 on'],
])('%j is refused', (policy, problem) => {
  expect(problemOfPolicy({ kind: 'query', policy })).toContain(problem);
});

it('any other is not', () => {
  expect(problemOfPolicy({ kind: 'query', policy: { tryMs: 200, retries: 0, waiting: 0 } })).toBeUndefined();
});
