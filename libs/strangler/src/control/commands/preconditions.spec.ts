import { buckets } from '../../routes/bucket.js';
import type { Phase } from '../../routes/phase.js';
import { about, type Change } from '../patient.fixture.js';
import type { Observed } from '../conditions/observed.js';
import { defaultSettings } from '../config/settings.js';
import { RefusedError } from '../terms/refused.js';
import type { ModuleRow } from '../store/module-row.js';
import { commandOf, commands, type Action, type CommandVerb } from './commands.js';
import type { Accepted, CommandContext } from './command.js';

/* What each verb asks for before it begins. Each row is a module at which one thing stands in the way; without it the verb is taken. */

interface Scene {
  phase?: Phase;
  percent?: number;
  wanted?: Phase;
  row?: Partial<ModuleRow>;
  monolith?: Change | null;
  extracted?: Change | null;
  more?: Partial<CommandContext>;
  facts?: unknown;
  observed?: Partial<Observed>;
}

/** The module `toy`, with which all is well. */
function contextOf({
  phase = 'shifting',
  percent,
  wanted,
  row,
  monolith,
  extracted,
  more,
  observed: seen,
}: Scene): CommandContext {
  const shares: Partial<Record<Phase, number>> = { shifting: 50, extracted: 100, decommissioned: 100 };
  const share = percent ?? shares[phase] ?? 0;
  const well: Change = { provenBy: 'peer', extractedBelow: share * 100 };
  const context = about({ ...well, ...monolith }, extracted === null ? null : { ...well, ...extracted }, {
    phase,
  });
  const { observed } = context;
  for (const state of Object.values(observed.states))
    if (state) Object.assign(state.outgoing, { pending: 0, parked: 0 });
  if (monolith === null) Object.assign(observed.states, { monolith: null });
  Object.assign(observed, { localUse: [], verified: { beganAt: 1, differences: 0 }, ...seen });
  Object.assign(context.row, { percent: share, pauseReason: null, version: 1 }, row);
  Object.assign(context.row.wanted, { phase: wanted ?? phase, percent: wanted ? null : share });
  const at = { ...context.at, module: 'toy', phase, percent: share, below: share * 100 };
  return { ...context, at, free: false, wish: null, verifying: false, ...more };
}

type Parameters<V extends CommandVerb> = Omit<Extract<Action, { verb: V }>, 'verb'>;

function planned<V extends CommandVerb>(verb: V, parameters: Parameters<V>, scene: Scene): Accepted {
  return commandOf(verb).plan(contextOf(scene), parameters, scene.facts);
}
function refusalOf<V extends CommandVerb>(
  verb: V,
  parameters: Parameters<V>,
  scene: Scene,
): string | undefined {
  try {
    return planned(verb, parameters, scene).refusal;
  } catch (error) {
    if (error instanceof RefusedError) return error.message;
    throw error;
  }
}

const step = (kind: string) =>
  ({ transition: { id: 'x', step: { kind }, actor: 'ann', begun: 0, epoch: 4 } }) as Partial<ModuleRow>;
const byApproval = { ...defaultSettings, approve: [100] };
const held = { held: 'strangler.yaml, line 7' };
const putBack = { standing: 'rolled back', proven: false } as const;
const out = { phase: 'extracted' } as const;
const ended = { phase: 'decommissioned' } as const;
const silentSide = { module: 'toy', side: 'extracted', why: 'away' };
const sagaList = (...items: object[]) => ({ items, silent: [] });
const waiting = { monolith: [{ id: 7 }], extracted: [] };

const delivery = { event: '0190a7d2-0000-7000-8000-000000000001', subscriber: 'mails' };
const deliveryIn = (state: string) => ({
  found: {
    monolith: [{ state, type: 'toy.sold', key: 'k', seq: 3, subscriber: 'mails', tries: 0 }],
    extracted: [],
  },
  silent: [],
});
const replayable = {
  ...{ side: 'monolith', viewSide: 'monolith', moving: undefined, view: ['mails.sold'], lag: { failed: 0 } },
  log: { isKnown: true, oldest: null, isPruned: false },
};
const stuckSaga = {
  ...{ id: 's', process: 'buy', side: 'monolith', status: 'running', step: 0, stuck: true, attempts: 0 },
  definition: { process: 'buy', steps: [{ name: 'pay', kind: 'call' }], pivot: 0 },
};

const rows: { [V in CommandVerb]?: [parameters: Parameters<V>, taken: Scene, refused: [Scene, RegExp][]] } = {
  run: [
    {},
    {},
    [
      [ended, /is decommissioned/],
      [out, /is extracted already/],
      [{ more: held }, /is steered by strangler.yaml, line 7; .* run toy --write$/],
    ],
  ],
  advance: [
    {},
    { phase: 'monolith' },
    [
      [ended, /is decommissioned/],
      [{ row: step('hand-off') }, /in the middle of a step \(hand-off\).*, or take it back: /],
      [{ row: step('failover') }, /in the middle of a step \(failover\); wait for its end$/],
      [out, /the one step further: .*decommission/],
      [{ ...out, wanted: 'decommissioned' }, /the one step further: .*decommission/],
      [{ phase: 'monolith', more: held }, /is steered by/],
      [{ phase: 'dual-write' }, /the gate "backfill" cannot be overridden/],
    ],
  ],
  approve: [
    {},
    { wanted: 'extracted', row: { settings: byApproval } },
    [
      [ended, /is decommissioned/],
      [{ wanted: 'extracted' }, /ask for no approval/],
      [{ row: { settings: byApproval } }, /its next step does not lead there/],
      [
        {
          wanted: 'extracted',
          row: { settings: byApproval, approved: [{ percent: 100, actor: 'ann', at: 0 }] },
        },
        /no step of toy waits/,
      ],
      [{ wanted: 'extracted', row: { ...step('hand-off'), settings: byApproval } }, /no step of toy waits/],
    ],
  ],
  shift: [
    { percent: 30 },
    {},
    [
      [ended, /is decommissioned/],
      [{ phase: 'monolith' }, /needs a full copy/],
      [{ phase: 'dual-write' }, /needs a full copy/],
      [{ percent: 30 }, /is at 30 % already/],
      [{ more: held }, /is steered by .* shift toy 30 --write$/],
    ],
  ],
  pause: [{}, {}, [[{ row: { paused: 'all' } }, /is paused already/]]],
  resume: [{}, { row: { paused: 'all' } }, [[{}, /is not paused/]]],
  abort: [
    {},
    { row: step('hand-off') },
    [
      [ended, /is decommissioned/],
      [{ row: step('failover') }, /\(failover\) can only be ended/],
      [{}, /nothing is under way/],
    ],
  ],
  rollback: [
    {},
    {},
    [
      [ended, /is decommissioned/],
      [{ phase: 'monolith' }, /there is nothing to go back to/],
      [{ extracted: null }, /50 % of toy belong to the extracted side, which cannot be asked/],
      [{ more: held }, /is steered by .* rollback toy --write$/],
    ],
  ],
  rejoin: [
    {},
    { ...out, monolith: putBack, facts: [] },
    [
      [out, /no database of toy was put back/],
      [{ ...out, monolith: putBack, row: step('rejoin') }, /in the middle of a step \(rejoin\)/],
      [{ ...out, monolith: putBack, extracted: null }, /^extracted does not answer/],
      [{ ...out, monolith: putBack, extracted: { proven: false } }, /^extracted has not proven itself yet/],
      [{ monolith: putBack, extracted: { complete: false } }, /^extracted does not hold everything/],
    ],
  ],
  'serve-unproven': [
    { iHaveFencedIt: true },
    { monolith: { proven: false } },
    [
      [{}, /has proven itself/],
      [{ monolith: null }, /the monolith's own database does not answer/],
      [{ monolith: putBack }, /was put back.*rejoin toy$/],
    ],
  ],
  failover: [
    { iHaveFencedIt: true },
    {},
    [
      [ended, /has no copy to take over with/],
      [{ phase: 'monolith' }, /there is nothing to take over/],
      [{ monolith: null }, /the monolith's own database does not answer/],
    ],
  ],
  verify: [
    {},
    {},
    [
      [ended, /is decommissioned/],
      [{ phase: 'monolith' }, /there is no copy to compare with/],
      [{ more: { verifying: true } }, /is running already/],
    ],
  ],
  decommission: [
    { confirm: 'toy' },
    out,
    [
      [ended, /is decommissioned already/],
      [{}, /only an extracted module/],
      [{ ...out, monolith: null }, /the monolith's own database does not answer/],
      [{ ...out, more: { at: { below: buckets - 1 } as never } }, /still owns some of toy/],
      [{ ...out, row: step('hand-off') }, /in the middle of a step/],
      [{ ...out, row: { paused: 'all' } }, /is paused/],
      [{ ...out, observed: { localUse: ['pay'] } }, /no process that runs the code of toy/],
      [{ ...out, observed: { verified: { beganAt: -1, differences: 2 } } }, /verify found 2 differences/],
    ],
  ],
  quarantined: [
    { how: 'retry', ids: [7] },
    { facts: waiting },
    [[{ facts: { monolith: [{ id: 8 }], extracted: [] } }, /there is no quarantined row 7 of toy/]],
  ],
  resubmit: [
    delivery,
    { facts: deliveryIn('failed') },
    [
      [
        { facts: { found: { monolith: [], extracted: [] }, silent: [] } },
        /toy has told no event .* that mails is called for; see/,
      ],
      [
        { facts: { found: { monolith: [], extracted: [] }, silent: [silentSide] } },
        /is called for, unless one is where nobody could be asked: toy on the side extracted \(away\)/,
      ],
      [{ facts: deliveryIn('completed') }, /event 3 of k \(toy.sold\) to mails was handled already/],
    ],
  ],
  discard: [
    delivery,
    { facts: deliveryIn('failed') },
    [
      [{ facts: deliveryIn('processing') }, /is being handled, or will be tried again by itself/],
      [{ facts: deliveryIn('published') }, /waits for its turn/],
    ],
  ],
  replay: [
    { subscriber: 'mails' },
    { facts: replayable },
    [
      [{ facts: { ...replayable, moving: 'mails' } }, /mails is on its way from one side to the other/],
      [{ facts: { ...replayable, log: null } }, /mails is called for no event of toy/],
      [{ facts: { ...replayable, view: null } }, /would handle none of them again/],
      [{ facts: { ...replayable, lag: { failed: 1 } } }, /has failed at events of toy/],
      [
        { facts: { ...replayable, log: { ...replayable.log, isPruned: true } } },
        /has lost what was told before/,
      ],
    ],
  ],
  sagas: [
    { how: 'compensate', ids: ['s'] },
    { facts: sagaList(stuckSaga) },
    [
      [{ facts: sagaList() }, /there is no saga s of toy$/],
      [
        { facts: { items: [], silent: [silentSide] } },
        /there is no saga s of toy, unless one is where nobody could be asked: toy on the side extracted/,
      ],
      [{ facts: sagaList({ ...stuckSaga, status: 'done' }) }, /the saga s has ended \(done\)/],
      [{ facts: sagaList({ ...stuckSaga, status: 'compensating' }) }, /is being taken back already/],
      [{ facts: sagaList({ ...stuckSaga, step: 1 }) }, /is past its pivot "pay"/],
      [
        { facts: sagaList({ ...stuckSaga, definition: null }) },
        /no process here knows where the saga s stands/,
      ],
      [{ facts: sagaList({ ...stuckSaga, stuck: false }) }, /is being worked on/],
    ],
  ],
};

const taken = Object.entries(rows).map(([verb, [parameters, scene]]) => ({ verb, parameters, scene }));
const refused = Object.entries(rows).flatMap(([verb, [parameters, , scenes]]) =>
  scenes.map(([scene, words]) => ({ verb, parameters, scene, words })),
);

it.each(taken)('$verb is taken where nothing stands in the way', ({ verb, parameters, scene }) => {
  expect(refusalOf(verb as CommandVerb, parameters as never, scene)).toBeUndefined();
});

it.each(refused)('$verb is refused: $words', ({ verb, parameters, scene, words }) => {
  expect(refusalOf(verb as CommandVerb, parameters as never, scene)).toMatch(words);
});

it('every verb is here, but those that may always be asked for', () => {
  const always = ['doctor', 'mismatches'];
  expect([...Object.keys(rows), ...always].sort()).toEqual(Object.keys(commands).sort());
});

it('what nobody but the operator can know has to be said', () => {
  const unproven = { monolith: { proven: false } };
  expect(refusalOf('failover', { iHaveFencedIt: false }, {})).toMatch(/--i-have-fenced-it$/);
  expect(refusalOf('serve-unproven', { iHaveFencedIt: false }, unproven)).toMatch(/--i-have-fenced-it$/);
  expect(refusalOf('decommission', { confirm: 'toys' }, out)).toMatch(/--confirm toy$/);
});

it('tables are dropped only after they were moved aside', () => {
  const purge = { confirm: 'toy', purge: true };
  expect(refusalOf('decommission', purge, out)).toMatch(/before they can be dropped/);
  expect(refusalOf('decommission', purge, ended)).toBeUndefined();
});

it('rows are not sent again while a database was put back', () => {
  expect(refusalOf('verify', { repair: true }, { monolith: putBack })).toMatch(
    /^no row is sent again now: .*rejoin toy$/,
  );
});

it('rollback leads to where there is a way back, and no further out', () => {
  expect(refusalOf('rollback', { to: 'shifting' }, {})).toMatch(
    /^rollback leads to monolith, dual-write, shadow; for/,
  );
  expect(refusalOf('rollback', { to: 'shadow' }, { phase: 'dual-write' })).toMatch(
    /to monolith one goes back/,
  );
  expect(refusalOf('rollback', { to: 'shadow' }, {})).toBeUndefined();
});

it.each<[verb: 'failover' | 'rejoin' | 'abort', scene: Scene]>([
  ['failover', {}],
  ['rejoin', { monolith: putBack, facts: [] }],
  ['abort', { row: step('hand-off') }],
])('%s against what the file wants: it is paused, so that the file does not undo it', (verb, scene) => {
  const paused = (more: Partial<CommandContext>) =>
    planned(verb, { iHaveFencedIt: true } as never, { ...scene, more }).change?.paused;
  expect(paused(held)).toBe('all');
  expect(paused({})).not.toBe('all');
});
