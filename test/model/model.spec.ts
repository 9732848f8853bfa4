import { explore } from './explore.js';
import { mutations } from './mutations.js';
import { ruleNames, without } from './rules.js';
import { clean, holes, limits } from './scenarios.js';
import { printed } from './story.js';
import { traces } from './traces.js';

/* A slice of the model: what is explored in a moment. All of it runs in model.full.spec.ts. */

const quick = clean.filter((one) => one.quick);
const found = ruleNames.flatMap((rule) => {
  const at = mutations[rule];
  return at?.quick ? [{ rule, ...at }] : [];
});

it.each(quick)('$name, $what: every state is good and has a way out', ({ scenario }) => {
  const { broken, stuck, cut, states } = explore(scenario);
  expect({ broken, stuck, cut }).toEqual({ broken: null, stuck: 0, cut: false });
  expect(states).toBeGreaterThan(100);
});

it.each(found)('without "$rule" $at breaks $breaks', ({ rule, at, breaks }) => {
  const { scenario } = clean.find(({ name }) => name === at)!;
  expect(explore({ ...scenario, rules: without(rule) }).broken).toMatch(breaks);
});

it.each([...holes, ...limits].filter((one) => one.quick))(
  '$name, $what: is a known hole',
  ({ scenario, expected }) => {
    expect(explore(scenario).broken).toMatch(expected!);
  },
);

it('every rule has its counterexample, or stands in the list of those without', () => {
  expect(Object.keys(mutations).sort()).toEqual([...ruleNames].sort());
});

it('a story names each step, and the last one is what breaks', () => {
  const late = holes.find(({ name }) => name === 'today 6')!;
  const { story, broken } = explore(late.scenario);
  expect(story.map(({ kind }) => kind)).toContain('restore');
  expect(story.at(-1)!.text).toBe('A late `own` arrives at E. → done');
  expect(printed(story, broken)).toMatch(/^1\. .*\n9\. A late `own` arrives at E\. → done\n=> I1/s);
});

it('traces are the same each time, and end with what they were chosen for', () => {
  const once = [...traces(quick.slice(0, 2), 2)];
  expect([...traces(quick.slice(0, 2), 2)]).toEqual(once);
  for (const { covers, steps } of once)
    expect(`${steps.at(-1)!.kind}: ${steps.at(-1)!.outcome}`).toBe(covers);
});
