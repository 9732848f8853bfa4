import { Logger } from '@nestjs/common';
import { explore } from '../explore.js';
import { mutations } from '../mutations.js';
import { ruleNames, without, type Rule } from '../rules.js';
import { clean } from '../scenarios.js';
import { wayOut } from '../way-out.js';
import { Conformance } from './conform.js';
import { mutateSources, restoreSources } from './mutate.js';
import { notInTheCode, realMutations, type Edit } from './mutations.js';

/*
 * Each rule of the model is taken out of the code, too, and the real databases are led along the model's counterexample. With the rule
 * in its place the same story comes to another end.
 */

let kept: Conformance;
beforeAll(async () => {
  Logger.overrideLogger(false);
  kept = await Conformance.open();
});
afterAll(() => kept.close());

type How = Parameters<Conformance['tell']>;

/** Loads the toolkit anew, with the changes in it. */
async function tellWithout(edits: readonly Edit[], ...how: How): ReturnType<Conformance['tell']> {
  let told: Awaited<ReturnType<Conformance['tell']>> = { broken: null, differs: null };
  await jest.isolateModulesAsync(async () => {
    mutateSources(edits);
    const nest = await import('@nestjs/common');
    nest.Logger.overrideLogger(false);
    const mutated = await (await import('./conform.js')).Conformance.open(edits);
    told = await mutated.tell(...how).finally(() => mutated.close());
  });
  restoreSources(edits);
  return told;
}

it.each(Object.keys(realMutations) as Rule[])(
  'without "%s" the promise of its counterexample is broken in real databases',
  async (rule) => {
    const { at, breaks } = mutations[rule]!;
    const named = clean.find(({ name }) => name === at)!;
    const scenario = { ...named.scenario, rules: without(rule) };
    const { story, broken } = explore(scenario);
    expect(broken).toMatch(breaks);
    // Where a way out is missing, what is missing is seen in all that the databases hold.
    const how = { promisesOnly: breaks === 'I1' || breaks === 'I2' };
    const mutated = await tellWithout(realMutations[rule]!, scenario, story, how);
    const asItIs = await kept.tell(scenario, story, how);
    const line = `${rule} | ${at} | ${breaks} | ${story.length} steps | mutated: ${mutated.broken} ${mutated.differs ?? 'as in the model'} | with it: ${asItIs.differs?.slice(0, 160)}`;
    process.stdout.write(`${line}\n`);
    if (how.promisesOnly) expect(mutated.broken).toBe(breaks);
    else expect(mutated.differs).toBeNull();
    if (breaks === 'I5') expect(mutated.broken).toBe('marked');
    expect(asItIs.broken).not.toBe(breaks);
    if (asItIs.differs !== null) return;
    // The story is the same with the rule; what comes next is not.
    const way = wayOut(named.scenario, story.at(-1)!.state)!;
    const longer = [...story, ...way];
    expect((await kept.tell(named.scenario, longer, how)).differs).toBeNull();
    const stuck = await tellWithout(realMutations[rule]!, named.scenario, longer, how);
    process.stdout.write(`  the way out of ${way.length} steps, mutated: ${stuck.differs}\n`);
    expect(stuck.differs).not.toBeNull();
  },
  300_000,
);

it('every rule has its mutation of the code, or a reason why it has none', () => {
  const listed = [...Object.keys(realMutations), ...Object.keys(notInTheCode)];
  expect(listed.sort()).toEqual([...ruleNames].sort());
});
