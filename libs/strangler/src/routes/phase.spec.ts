import { phases, policies, type Phase, type Policy } from './phase.js';

/* What a phase decides, in full: nothing else in the toolkit looks at its name, so a slip here is one everywhere. */

it.each<[Phase, Pick<Policy, 'commands' | 'queries' | 'replicates'>, so: string[]]>([
  ['monolith', { commands: 'monolith', queries: 'monolith', replicates: [] }, ['atHome', 'isWayBack']],
  [
    'dual-write',
    { commands: 'monolith', queries: 'monolith', replicates: ['monolith'] },
    ['filling', 'isWayBack'],
  ],
  [
    'shadow',
    { commands: 'monolith', queries: 'monolith', replicates: ['monolith'] },
    ['copied', 'isWayBack', 'shadowed'],
  ],
  [
    'shifting',
    { commands: 'owner', queries: 'owner', replicates: ['monolith', 'extracted'] },
    ['byShare', 'checksReads', 'copied'],
  ],
  [
    'extracted',
    { commands: 'extracted', queries: 'extracted', replicates: ['extracted'] },
    ['copied', 'moved'],
  ],
  ['decommissioned', { commands: 'extracted', queries: 'extracted', replicates: [] }, ['copied', 'ended']],
])('%s', (phase, { commands, queries, replicates }, so) => {
  const policy: Policy = policies[phase];
  expect(policy).toMatchObject({ commands, queries, replicates });
  const flags = Object.entries(policy).filter(([, value]) => value === true);
  expect(flags.map(([name]) => name).sort()).toEqual(so);
});

it('phases come in the order of the way out', () => {
  expect(phases).toEqual(['monolith', 'dual-write', 'shadow', 'shifting', 'extracted', 'decommissioned']);
});
