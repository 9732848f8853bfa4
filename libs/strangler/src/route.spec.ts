import type { Operation } from '#contracts';
import { phases, type Phase, type Side } from './phase.js';
import { planCall, sideFor, type Here } from './route.js';

/* Written out, and not computed from the policies: a wrong policy sends writes to a side that does not own them. */
const served: Record<Phase, Record<Operation['kind'], Side>> = {
  monolith: { command: 'monolith', process: 'monolith', query: 'monolith' },
  'dual-write': { command: 'monolith', process: 'monolith', query: 'monolith' },
  shadow: { command: 'monolith', process: 'monolith', query: 'monolith' },
  shifting: { command: 'monolith', process: 'monolith', query: 'monolith' },
  extracted: { command: 'extracted', process: 'extracted', query: 'extracted' },
  decommissioned: { command: 'extracted', process: 'extracted', query: 'extracted' },
};

const here = (side: Side | undefined, ...hosted: string[]): Here => ({
  side,
  hosts: (module) => hosted.includes(module),
});

const processes: [what: string, here: Here, localOn: Side | undefined][] = [
  ['the monolith', here('monolith', 'shelf', 'till'), 'monolith'],
  ['a monolith without the module', here('monolith', 'till'), undefined],
  ['the extracted service', here('extracted', 'shelf'), 'extracted'],
  ['the extracted service of another module', here('extracted', 'till'), undefined],
  ['a gateway', here(undefined), undefined],
];

const kinds: Operation['kind'][] = ['query', 'command', 'process'];
const cases = phases.flatMap((phase) =>
  kinds.flatMap((kind) => processes.map(([what, at, localOn]) => ({ phase, kind, what, at, localOn }))),
);

it.each(cases)('a $kind in phase $phase, called from $what', ({ phase, kind, at, localOn }) => {
  const side = served[phase][kind];
  expect(sideFor(phase, kind)).toBe(side);
  expect(planCall(phase, kind, 'shelf', at)).toEqual({ side, local: side === localOn });
});
