import { standpointOf } from '../../engine/identity/standpoint.fixture.js';
import { buckets } from '../../routes/bucket.js';
import type { Side } from '../../routes/phase.js';
import { copies } from './copy-conditions.js';
import type { Patient } from '../doctor/examiner.js';
import { failover } from '../commands/failover.js';
import type { CommandContext } from '../commands/command.js';
import { plainAdvice } from './advice.js';

const filling = [{ table: 'toy', copied: 30, total: 100, done: false }];
const stateOf = (side: Side, complete: boolean) => ({
  standpoint: standpointOf(side, { extractedBelow: buckets, complete }),
  ownership: { epoch: 4, extractedBelow: buckets, fenceFrom: null, fenceTo: null },
  outgoing: { backfill: side === 'extracted' && !complete ? filling : [], pending: 0, parked: 0 },
});
const about = ({ whole = false, phase = 'extracted', answers = true } = {}) => {
  const extracted = answers ? { ...stateOf('extracted', true), outgoing: { backfill: filling } } : null;
  return {
    row: {
      module: 'toy',
      phase,
      wanted: { phase },
      transition: null,
      filed: null,
      lost: null,
      settings: { ack: 'both' },
    },
    at: { below: buckets },
    observed: { now: 0, states: { monolith: stateOf('monolith', whole), extracted } },
    advice: plainAdvice,
    held: null,
    actor: 'a',
  } as unknown as Patient & CommandContext;
};

it('a copy that lacks something is said, with how far its filling is', () => {
  const [found, ...more] = copies.doctor!(about());
  expect(more).toEqual([]);
  expect(found?.problem).toBe(
    'the copy on monolith lacks something that extracted has, and is filled anew: 30 of about 100 rows',
  );
  expect(found?.meaning).toContain('a failover to monolith now would miss');
  expect(found?.remedy).toBe('nothing: it goes on by itself');
});

it('while its owner does not answer, it is said who has to be started', () => {
  expect(copies.doctor!(about({ answers: false }))[0]?.remedy).toBe('start extracted: it goes on by itself');
});

it('of a whole copy nothing is said', () => expect(copies.doctor!(about({ whole: true }))).toEqual([]));

it('a failover to a copy that is not whole promises nothing of it', () => {
  const plan = (of: CommandContext) => failover.plan(of, { iHaveFencedIt: true }, undefined).plan[0];
  expect(plan(about({ answers: false }))).toMatch(/any row may be missing: .*filled anew/);
  expect(plan(about({ answers: false, whole: true }))).toMatch(/every write answered while .* is here/);
});
