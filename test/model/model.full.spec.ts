import { explore } from './explore.js';
import { mutations } from './mutations.js';
import { lineOf } from './report.js';
import { ruleNames, rules, without } from './rules.js';
import { clean, holes, limits } from './scenarios.js';
import { printed } from './story.js';
import { traces } from './traces.js';

/* All of the model, exhaustively. What it prints is the table of docs/adr/0024. */

const table: string[] = [];
const covered = new Map<string, number>();
afterAll(() => process.stdout.write(`\n${table.join('\n')}\n`));

it.each(clean)(
  '$name, $what: every state is good and has a way out',
  (named) => {
    const result = explore(named.scenario);
    table.push(lineOf(named, result));
    for (const [name, count] of result.covered) covered.set(name, (covered.get(name) ?? 0) + count);
    expect(printed(result.story, result.broken)).toBe('');
    expect(result.cut).toBe(false);
  },
  600_000,
);

it.each([...holes, ...limits])('$name, $what: has a counterexample', (named) => {
  const result = explore(named.scenario);
  table.push(lineOf(named, result), printed(result.story, result.broken));
  expect(result.broken).toMatch(named.expected!);
});

it.each(ruleNames.filter((rule) => mutations[rule]))(
  'without "%s" there is a counterexample',
  (rule) => {
    const { at, breaks } = mutations[rule]!;
    const { scenario } = clean.find(({ name }) => name === at)!;
    const { broken, story, states } = explore({ ...scenario, rules: without(rule) });
    table.push(`without ${rule} (${rules[rule]}): ${at}, ${states} states, ${story.length} steps`);
    table.push(printed(story, broken));
    expect(broken).toMatch(breaks);
  },
  600_000,
);

it('at least 2,000 traces cover every transition that the scenarios have', () => {
  const counts = new Map<string, number>();
  let count = 0;
  for (const { covers, steps } of traces(clean, 6)) {
    count++;
    for (const { kind, outcome } of steps)
      counts.set(`${kind}: ${outcome}`, (counts.get(`${kind}: ${outcome}`) ?? 0) + 1);
    expect(counts.has(covers)).toBe(true);
  }
  const names = [...covered.keys()].sort();
  table.push(`${count} traces; of ${names.length} transitions they cover:`);
  table.push(...names.map((name) => `  ${name} (${counts.get(name) ?? 0} of ${covered.get(name)!})`));
  expect(count).toBeGreaterThanOrEqual(2_000);
  expect(names.filter((name) => !counts.has(name))).toEqual([]);
}, 600_000);
