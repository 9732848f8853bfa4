import { plainAdvice } from '../../libs/strangler/src/control/advice.js';
import type { RowChange } from '../../libs/strangler/src/control/module-row.js';
import type { Need } from '../../libs/strangler/src/control/need.js';
import { Notes } from '../../libs/strangler/src/control/notes.js';
import type { Controller } from '../../libs/strangler/src/control/controller.js';
import { absenceNeed, gateNames, gateNeed, waits } from '../../libs/strangler/src/control/sentences.js';
import type { Outgoing, SideState } from '../../libs/strangler/src/side/side.js';
import { adminLogin, openAdmin, type AdminListener } from '../support/admin.js';
import { Controlled, fastClock, quiet } from '../support/controlled.js';
import { runCli } from '../support/run-cli.js';
import { until } from '../support/until.js';

/* Every command that a sentence advises is typed into the operator's command line, in the state that prints it. */
const parcels = 'parcels';
const advice = { ...plainAdvice, start: (name: string) => `start the ${name}` };
const held = { module: parcels, held: true, advice };
const free = { ...held, held: false };

let controlled: Controlled;
let controller: Controller;
let admin: AdminListener;

beforeEach(async () => {
  controlled = await Controlled.open();
  controller = controlled.controller({ advice });
  admin = await openAdmin(controller.operator);
});
afterEach(async () => {
  await admin.close();
  await controlled.close();
});

const put = (change: RowChange) => controlled.store.amend(parcels, () => ({ change }));
const outwards = { phase: 'extracted', percent: null, by: 'operator', actor: 'ann', since: 0 } as const;
/** Where one goes that returns by itself. */
const gone = { ...outwards, phase: 'shadow' } as const;
const filed = { phase: 'extracted', percent: null, path: 'strangler.yaml', line: 3 } as const;
const handOff = {
  id: 'x',
  step: { kind: 'hand-off', below: 100, percent: 1 },
  actor: 'ann',
  begun: 0,
} as const;

/** Lets a side say something else of what it sends. */
const says = (change: Partial<Outgoing>) => {
  controlled.sides.monolith.fault = async (method, proceed) => {
    const answer = (await proceed()) as SideState;
    return method === 'state' ? { ...answer, outgoing: { ...answer.outgoing, ...change } } : answer;
  };
};
const noted = async (trouble: Need) =>
  new Notes(controlled.sides.monolith.database).write(
    parcels,
    { trouble, wait: trouble.kind },
    fastClock.now(),
  );
const found = (differences: number) =>
  controlled.sides.monolith.test.query(
    `insert into strangler.verification (module, began_at, checked_at, differences)
     values ('parcels', now() + interval '1 day', now(), ${differences})`,
  );

/** By the kind of the sentence, what brings the module into the state that prints it, and what is advised then. */
const scenes: Readonly<Record<string, readonly [advised: string, arrange: () => Promise<unknown>][]>> = {
  'gate lag': [
    ['doctor parcels', async () => (says({ lagMs: 60_000 }), put({ phase: 'shifting', wanted: outwards }))],
  ],
  'gate parked': [
    ['parked parcels', async () => (says({ parked: 1 }), put({ phase: 'shifting', wanted: outwards }))],
  ],
  'gate verify': [
    [
      'verify parcels --repair',
      async () => {
        await found(2);
        says({ backfill: [{ table: 'parcel', copied: 0, total: 0, done: true }] });
        await put({ phase: 'dual-write', wanted: outwards });
      },
    ],
  ],
  'gate shadow mismatches': [
    [
      'mismatches parcels',
      async () => {
        await found(0);
        says({ backfill: [{ table: 'parcel', copied: 0, total: 0, done: true }] });
        const customer = { compared: 300, mismatches: 30, unavailable: 0 };
        controlled.evidence = { ...quiet, shadow: { ...quiet.shadow, customer } };
        await put({ phase: 'shadow', wanted: outwards });
      },
    ],
  ],
  'gate approval': [
    [
      'approve parcels',
      async () => {
        const { settings } = await controlled.row();
        await put({ phase: 'shifting', wanted: outwards, settings: { ...settings, approve: [10] } });
      },
    ],
  ],
  'hand-off': [['doctor parcels', () => troubled(waits.handOff(['monolith has fenced buckets'], free))]],
  stuck: [['doctor parcels', () => troubled(waits.stuck('hand-off', 'no answer', free))]],
  'taken back': [['doctor parcels', () => troubled(waits.takenBack('hand-off', 'too late', free))]],
  paused: [
    [
      'resume parcels',
      () => put({ phase: 'shadow', wanted: outwards, paused: 'all', pauseReason: 'by ann' }),
    ],
    [
      'run parcels',
      () => put({ phase: 'shadow', wanted: gone, paused: 'up', pauseReason: 'returned by itself' }),
    ],
    [
      'resume parcels',
      () => put({ phase: 'shadow', wanted: gone, filed, paused: 'up', pauseReason: 'returned by itself' }),
    ],
  ],
};

async function troubled(trouble: Need): Promise<void> {
  await noted(trouble);
  await put({ phase: 'shifting', wanted: outwards, transition: trouble.kind === 'stuck' ? handOff : null });
}

/** Types a command of the operator's; what it answers. */
async function follow(command: string) {
  expect(command).toMatch(/^strangler /);
  const env = {
    ADMIN_URL: admin.url,
    SHOP_URL: admin.shopUrl,
    ADMIN_EMAIL: adminLogin.email,
    ADMIN_PASSWORD: adminLogin.password,
  };
  return runCli(command.split(' ').slice(1), env);
}

async function assertFollowed(command: string): Promise<void> {
  // Verify is waited for, and takes somebody who runs it.
  if (command.includes('verify')) {
    controlled.sides.monolith.fault = undefined;
    controller.start();
  }
  const { code, stderr } = await follow(command);
  expect(stderr).not.toMatch(/refused|cannot/);
  // A doctor who finds something says so by the exit code.
  expect(code).toBe(command.includes('doctor') ? 1 : 0);
}

const advised = Object.entries(scenes).flatMap(([kind, all]) =>
  all.map((scene) => [kind, ...scene] as const),
);

it.each(advised)('%s: %s', async (_kind, command, arrange) => {
  await arrange();
  const waitingFor = await until(`it advises ${command}`, async () => {
    const status = await controller.operator.module(parcels);
    return status.waiting?.command === `strangler ${command}` ? status.waitingFor! : undefined;
  });
  expect(waitingFor).toContain(command);
  await assertFollowed(`strangler ${command}`);
});

it('a service that is away: what starts it comes from the application, and doctor names the last way out', async () => {
  await put({ phase: 'shifting', wanted: outwards });
  controlled.sides.extracted.fault = () => new Promise(() => undefined);
  const { waiting, health } = await controller.operator.module(parcels);
  expect([waiting?.command, health]).toEqual(['start the parcels', 'degraded']);
  const [finding] = await controller.operator.doctor(parcels);
  const [, command] = /gone for good: (strangler .*)$/.exec(finding!.remedy)!;
  await assertFollowed(command!);
});

/** What is refused, in which state; the way that the refusal names is open. */
const refusals: [what: string, asked: string, named: RegExp, arrange: () => Promise<unknown>][] = [
  ['shift without a copy', 'shift parcels 5', /: (strangler run parcels)$/m, async () => undefined],
  [
    'pause of what is paused',
    'pause parcels',
    /: (strangler resume parcels)$/m,
    () => put({ phase: 'shadow', paused: 'all', pauseReason: 'by ann' }),
  ],
  [
    'advance in a step',
    'advance parcels',
    /: (strangler abort parcels)$/m,
    () => put({ phase: 'shifting', wanted: outwards, transition: handOff }),
  ],
];

it.each(refusals)('a refusal of %s: "%s"', async (_what, asked, named, arrange) => {
  await arrange();
  const { code, stderr } = await follow(`strangler ${asked}`);
  expect(code).toBe(1);
  const [, command] = named.exec(stderr)!;
  await assertFollowed(command!);
});

it('capture that somebody has switched off: the way that doctor names is open', async () => {
  await put({ phase: 'shadow', wanted: { ...outwards, phase: 'shadow' } });
  const findings = await controller.operator.doctor(parcels);
  const finding = findings.find(({ problem }) => problem.startsWith('monolith does not capture'))!;
  await assertFollowed(/: (strangler rollback parcels)$/.exec(finding.remedy)![1]!);
});

it('no sentence that names a command is without its scene', () => {
  const gate = { limit: 0, samples: 1, probes: 0, customers: 0, needed: 1, confidence: null, why: null };
  const gates = gateNames.flatMap((name) =>
    (['hold', 'fail'] as const).flatMap((state) =>
      [null, 1].map((value) => gateNeed({ ...gate, name, state, value, nature: 'plain' }, free)),
    ),
  );
  const others = {
    home: waits.home('x'),
    unfit: waits.unfit(['x']),
    handOff: waits.handOff(['x'], free),
    step: waits.step('x', null),
    stuck: waits.stuck('x', 'y', free),
    takenBack: waits.takenBack('x', 'y', free),
    verifying: waits.verifying(0, 1),
    verifyBroke: waits.verifyBroke('x'),
    paused: waits.paused('x', 'run', free),
    retired: waits.retired('x', 'y'),
    beginning: waits.beginning(),
  } satisfies Record<keyof typeof waits, Need>;
  const absences = (['nobody', 'silent', 'no database', 'failed', 'no NATS'] as const).map((kind) =>
    absenceNeed({ kind, detail: 'x' }, held),
  );
  const named = [...gates, ...Object.values(others)].filter(({ command }) => command !== null);
  expect([...new Set(named.map(({ kind }) => kind))].sort()).toEqual(Object.keys(scenes).sort());
  // The application's own command, or none: never one of the operator's.
  for (const { command } of absences) expect([null, 'start the parcels']).toContain(command);
});
