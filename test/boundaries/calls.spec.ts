import { callers, calls, gateway } from '#contracts';
import { callGraph, edge } from '../../apps/cli/src/boundaries/callers.js';

it('what a module may call over NATS is what its sources call', async () => {
  const graph = [...(await callGraph())].filter(([caller]) => caller !== edge);
  const seen = graph.map(([caller, called]) => [caller, Object.fromEntries(called)]);
  const declared = Object.entries(calls).map(([caller, called]) => [
    caller,
    Object.fromEntries(Object.entries(called).map(([module, names]) => [module, [...names].sort()])),
  ]);
  expect(Object.fromEntries(declared)).toEqual(Object.fromEntries(seen));
});

it('what a gateway may call over NATS is what the API calls', async () => {
  const called = (await callGraph()).get(edge)!;
  const sorted = Object.entries(callers[gateway]).map(([module, names]) => [module, [...names].sort()]);
  expect(Object.fromEntries(sorted)).toEqual(Object.fromEntries(called));
});
