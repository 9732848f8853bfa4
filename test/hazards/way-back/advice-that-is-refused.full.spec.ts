import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { projectRoot } from '#platform';
import { editOf } from '#strangler/control/config/file-edit';
import { FileWriter } from '#strangler/control/config/file-writer';
import { WishesFile } from '#strangler/control/config/wishes-file';
import { parseWishes } from '#strangler/control/config/wishes';
import { plainAdvice } from '#strangler/control/conditions/advice';
import type { RowChange } from '#strangler/control/store/module-row';
import type { Need } from '#strangler/control/terms/need';
import { Notes } from '#strangler/control/store/notes';
import type { Controller } from '#strangler/control/controller';
import { gateNeed, gateRules } from '#strangler/control/conditions/gates';
import { absenceNeed, waits } from '#strangler/control/conditions/sentences';
import type { SideState } from '#strangler/sides/side';
import type { OutgoingState } from '#strangler/engine/replication/outgoing-state';
import { Logger } from '@nestjs/common';
import { adminLogin, openAdmin, type AdminListener } from '../../support/admin.js';
import { Controlled, fastClock, quiet } from '../../support/controlled.js';
import { runCli } from '../../support/run-cli.js';
import { until } from '../../support/until.js';

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
const says = (change: Partial<OutgoingState>) => {
  controlled.sides.monolith.fault = async (method, proceed) => {
    const answer = (await proceed()) as SideState;
    return method === 'state' ? { ...answer, outgoing: { ...answer.outgoing, ...change } } : answer;
  };
};
const noted = async (trouble: Need) =>
  new Notes(controlled.sides.monolith.database).write(
    parcels,
    { trouble, wait: trouble.kind, gates: [] },
    fastClock.now(),
  );
const found = (differences: number, when = '1 day') =>
  controlled.sides.monolith.test.query(
    `insert into strangler.verification (module, began_at, checked_at, differences)
     values ('parcels', now() + interval '${when}', now(), ${differences})
     on conflict (module) do update set began_at = excluded.began_at, differences = excluded.differences`,
  );

const differing = async () => {
  await found(0);
  says({ backfill: [{ table: 'parcel', copied: 0, total: 0, done: true }] });
  const customer = { compared: 300, mismatches: 30, unavailable: 0 };
  controlled.evidence = { ...quiet, shadow: { ...quiet.shadow, customer } };
  await put({ phase: 'shadow', wanted: outwards });
};

/** By the kind of the sentence, what brings the module into the state that prints it, and what is advised then. */
const scenes: Readonly<Record<string, readonly [advised: string, arrange: () => Promise<unknown>][]>> = {
  'gate lag': [
    ['doctor parcels', async () => (says({ lagMs: 60_000 }), put({ phase: 'shifting', wanted: outwards }))],
  ],
  'gate quarantined': [
    ['quarantined parcels', async () => (says({ parked: 1 }), put({ phase: 'shifting', wanted: outwards }))],
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
    ['mismatches parcels', () => differing()],
    ['mismatches parcels --clear', () => differing()],
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

/** The operator's commands that a text names. */
const commandsIn = (text: string): string[] =>
  [...text.matchAll(/strangler ([a-z-]+ parcels(?: --[a-z-]+(?: [a-z0-9-]+)?)*)/g)].map(
    ([, command]) => command!,
  );

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
    return commandsIn(status.waitingFor ?? '').includes(command) ? status.waitingFor! : undefined;
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

/** Straight into a state of ownership, on both sides or one. */
const owned = (change: string, ...which: readonly (keyof typeof controlled.sides.controls)[]) =>
  Promise.all(
    (which.length > 0 ? which : (['monolith', 'extracted'] as const)).map((side) =>
      controlled.sides[side].test.query(`update strangler.ownership set ${change}`),
    ),
  );
const extracted = async (change: RowChange = {}) => {
  await owned('extracted_below = 10000');
  await put({ phase: 'extracted', wanted: outwards, ...change });
};
const parked = () =>
  controlled.sides.monolith.test.query(
    `insert into strangler.outbox (id, module, table_name, pks, keys, count, low, high, parked) overriding system value
     values (17, 'parcels', 'parcel', array['{a}'], '{a}', 1, 1, 1, 'too large')
     on conflict do nothing`,
  );
/** The monolith's database was put back; the service has everything, if `whole`. */
const putBack = async ({ whole = true, standing = 'rolled back' } = {}) => {
  await owned(`standing = '${standing}'`, 'monolith');
  if (whole) await owned('extracted_below = 10000', 'extracted');
};
/** The same, and the service is away. */
const putBackAlone = async () => {
  await putBack();
  controlled.sides.extracted.fault = () => Promise.reject(new Error('gone'));
};
const unproven = async (side: 'monolith' | 'extracted') => {
  await inShadow();
  await owned('asks = true, proven_start = null', side);
};
/** The monolith's database was moved, and lacks something, while the service has everything; or nobody can say. */
const movedAway = async (why: 'it lacks something' | 'nobody answers' = 'it lacks something') => {
  if (why === 'nobody answers') await inShadow();
  else await owned('extracted_below = 10000', 'extracted');
  controlled.sides.monolith.fault = async (method, proceed) => {
    const answer = (await proceed()) as SideState;
    const standpoint = { ...answer.standpoint, moved: true, capture: true, proven: false };
    const held = { kind: 'moved', why, detail: 'rows' } as const;
    return method === 'state' ? { ...answer, standpoint, held } : answer;
  };
};
/** The service has taken over from a monolith that was lost and is back. */
const overtaken = async () => {
  await owned(
    'extracted_below = 10000, epoch = 1000001, capture = true, proven_start = strangler.server_start()',
  );
  await inShadow();
};
const inShadow = () => put({ phase: 'shadow', wanted: gone });

let folder: string | undefined;
afterEach(async () => {
  if (folder) await rm(folder, { recursive: true });
  folder = undefined;
});

/** The file steers the module, in a process that may write it. */
async function steered(): Promise<void> {
  jest.spyOn(Logger.prototype, 'log').mockReturnValue();
  folder = await mkdtemp(join(tmpdir(), 'advice-'));
  const path = join(folder, 'strangler.yaml');
  await writeFile(path, 'modules:\n  parcels: { phase: monolith }\n');
  const parse = (text: string) => parseWishes(text, [parcels]);
  const file: WishesFile = new WishesFile(path, parse, (wishes) => wishes && leader.steer(wishes));
  const leader = controlled.controller({
    advice,
    writer: new FileWriter(path, (text, change) => editOf(text, [parcels], change), file),
  });
  await file.load(false);
  leader.start();
  await until('the file steers', async () => ((await controlled.row()).filed ? true : undefined));
  await admin.close();
  admin = await openAdmin(leader.operator);
}

/** What is typed to get the sentence. */
const doctor = 'doctor parcels';
const bury = 'decommission parcels --confirm parcels';

/** A gate's advice that stands in one file with what doctor says. */
const gateAdvice: readonly Elsewhere[] = [
  ['flow-conditions: doctor', 'status parcels', doctor, scenes['gate lag']![0]![1]],
  [
    'flow-conditions: quarantined',
    'status parcels',
    'quarantined parcels',
    scenes['gate quarantined']![0]![1],
  ],
];

type Elsewhere = readonly [site: string, asked: string, command: string, arrange: () => Promise<unknown>];

/** By the place in the source that makes the command: the state, what is asked there, and the command as it is then typed. */
const elsewhere: readonly Elsewhere[] = [
  ['run: rollback', 'run parcels', 'rollback parcels', extracted],
  ['steering: decommission --confirm ${subject.module}', 'advance parcels', bury, extracted],
  [
    'pause: resume',
    'pause parcels',
    'resume parcels',
    () => put({ phase: 'shadow', paused: 'all', pauseReason: 'by ann' }),
  ],
  [
    'resume: rollback',
    'resume parcels --dry-run',
    'rollback parcels',
    () => extracted({ paused: 'all', pauseReason: 'by ann' }),
  ],
  [
    'resume: run',
    'resume parcels --dry-run',
    'run parcels',
    () => put({ phase: 'shadow', wanted: gone, paused: 'all', pauseReason: 'by ann' }),
  ],
  [
    'rollback: rollback --to ${earlier.at(-1)}',
    'rollback parcels --to shadow',
    'rollback parcels --to dual-write',
    inShadow,
  ],
  [
    'rollback: failover --i-have-fenced-it',
    'rollback parcels',
    'failover parcels --i-have-fenced-it',
    async () => {
      await extracted();
      controlled.sides.extracted.fault = () => Promise.reject(new Error('gone'));
    },
  ],
  ['capture-step: rejoin', 'run parcels', 'rejoin parcels', putBack],
  [
    'rejoin: failover --i-have-fenced-it',
    'rejoin parcels',
    'failover parcels --i-have-fenced-it',
    () => putBack({ whole: false }),
  ],
  [
    'rejoin: failover --i-have-fenced-it',
    'rejoin parcels',
    'failover parcels --i-have-fenced-it',
    () => putBackAlone(),
  ],
  [
    'rejoin-first: rejoin',
    'verify parcels --repair --no-wait',
    'rejoin parcels',
    async () => {
      await inShadow();
      await putBack();
    },
  ],
  ['serve-unproven: rejoin', 'serve-unproven parcels --i-have-fenced-it', 'rejoin parcels', putBack],
  ['doctor-continuity: rejoin', doctor, 'rejoin parcels', putBack],
  ['doctor-continuity: rejoin', doctor, 'rejoin parcels', () => putBack({ standing: 'given up' })],
  ['doctor-continuity: rejoin', doctor, 'rejoin parcels', overtaken],
  ['doctor-continuity: rejoin', doctor, 'rejoin parcels', () => movedAway()],
  [
    'doctor-continuity: failover --i-have-fenced-it',
    doctor,
    'failover parcels --i-have-fenced-it',
    () => putBackAlone(),
  ],
  [
    'doctor-continuity: failover --i-have-fenced-it',
    doctor,
    'failover parcels --i-have-fenced-it',
    () => movedAway('nobody answers'),
  ],
  [
    'doctor-continuity: failover --i-have-fenced-it',
    doctor,
    'failover parcels --i-have-fenced-it',
    () => putBack({ whole: false }),
  ],
  [
    'doctor-continuity: serve-unproven --i-have-fenced-it',
    doctor,
    'serve-unproven parcels --i-have-fenced-it',
    () => unproven('monolith'),
  ],
  [
    'doctor-continuity: serve-unproven --i-have-fenced-it',
    doctor,
    'serve-unproven parcels --i-have-fenced-it',
    () => unproven('extracted'),
  ],
  ['preconditions: advice.cli', 'run parcels', 'run parcels --write', steered],
  ['preconditions: run', 'shift parcels 5', 'run parcels --write', steered],
  ['preconditions: run', 'shift parcels 5', 'run parcels', async () => undefined],
  [
    'preconditions: abort',
    'advance parcels',
    'abort parcels',
    () => put({ phase: 'shifting', wanted: outwards, transition: handOff }),
  ],
  [
    'decommission: decommission --confirm ${module} --purge',
    bury,
    `${bury} --purge`,
    async () => {
      await extracted();
      await put({ phase: 'decommissioned' });
    },
  ],
  ['decommission: decommission --confirm ${row.module}', `${bury} --purge`, bury, extracted],
  [
    'decommission: doctor',
    bury,
    'doctor parcels',
    async () => {
      await extracted();
      await owned('extracted_below = 9000', 'monolith');
    },
  ],
  ['decommission: run', bury, 'run parcels', async () => undefined],
  ['decommission: resume', bury, 'resume parcels', () => extracted({ paused: 'all', pauseReason: 'by ann' })],
  [
    'decommission: verify --repair',
    bury,
    'verify parcels --repair',
    async () => {
      await extracted();
      await found(2, '-1 day');
    },
  ],
  [
    'verify: abort',
    'verify parcels --no-wait',
    'abort parcels',
    async () => {
      await inShadow();
      await follow('strangler verify parcels --no-wait');
    },
  ],
  ['quarantined: quarantined', 'quarantined parcels --retry 18', 'quarantined parcels', inShadow],
  [
    'owner-conditions: failover --i-have-fenced-it',
    doctor,
    'failover parcels --i-have-fenced-it',
    async () => {
      await inShadow();
      await owned('fence_from = 0, fence_to = 10000, extracted_below = 500', 'monolith');
    },
  ],
  [
    'owner-conditions: failover --i-have-fenced-it',
    doctor,
    'failover parcels --i-have-fenced-it',
    async () => {
      await inShadow();
      await owned('epoch = epoch + 1, extracted_below = 500', 'extracted');
    },
  ],
  ['owner-conditions: rollback', doctor, 'rollback parcels', inShadow],
  ...['', ' --retry 17', ' --discard 17'].map((how): Elsewhere => [
    `flow-conditions: quarantined${how.replace('17', '<id>')}`,
    doctor,
    `quarantined parcels${how}`,
    async () => {
      await inShadow();
      await parked();
    },
  ]),
  ...gateAdvice,
  [
    'doctor-waits: resume',
    doctor,
    'resume parcels',
    () => put({ phase: 'shadow', wanted: gone, paused: 'all', pauseReason: 'by ann' }),
  ],
  [
    'doctor-waits: failover --i-have-fenced-it',
    doctor,
    'failover parcels --i-have-fenced-it',
    async () => {
      await put({ phase: 'shifting', wanted: outwards });
      controlled.sides.extracted.fault = () => Promise.reject(new Error('gone'));
    },
  ],
];

it.each(elsewhere)('%s, of "%s": %s', async (_site, asked, command, arrange) => {
  // Both sides are at work: a state may have moved on before it is asked for.
  await until(`it is named: ${command}`, async () => {
    await arrange();
    const { stdout, stderr } = await follow(`strangler ${asked}`);
    // A reader of doctor has the id of the parked row from the list before.
    const named = commandsIn((stdout + stderr).replaceAll('<id>', '17'));
    return named.includes(command) ? true : undefined;
  });
  await assertFollowed(`strangler ${command}`);
});

it('no place that makes a command is without its scene', async () => {
  const control = join(projectRoot(), 'libs/strangler/src/control');
  const names = (await readdir(control, { recursive: true })).filter((name) => /(?<!spec)\.ts$/.test(name));
  const made = await Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(control, name), 'utf8');
      const calls = [
        ...text.matchAll(/\btyped\(\s*(?:\w+|subjectOf\([^)]*\)),\s*((?:[^()]|\([^()]*\))*)\)/g),
      ];
      // Each use of the helper is understood.
      expect(text.match(/\btyped\(/g) ?? []).toHaveLength(calls.length);
      const commands = calls.map(([, words]) =>
        words!.replaceAll(/['`,]/g, '').trim().replaceAll(/\s+/g, ' '),
      );
      const others = text.match(/\badvice\.cli\b/g) ?? [];
      return [...commands, ...others].map((words) => `${basename(name, '.ts')}: ${words}`);
    }),
  );
  // Sentences and gates are followed by their kind, and the helper itself says nothing.
  const places = made.flat().filter((place) => !/^(sentences|call-conditions|advice):/.test(place));
  const scened = new Set(elsewhere.map(([site]) => site));
  expect([...new Set(places)].sort()).toEqual([...scened].sort());
  for (const place of scened) {
    const shown = elsewhere.filter(([site]) => site === place).length;
    expect([place, shown >= places.filter((each) => each === place).length]).toEqual([place, true]);
  }
});

it('no sentence that names a command is without its scene', () => {
  const gate = { limit: 0, samples: 1, probes: 0, customers: 0, needed: 1, confidence: null, why: null };
  const gates = gateRules.flatMap(({ name }) =>
    (['hold', 'fail'] as const).flatMap((state) =>
      [null, 1].map((value) => gateNeed({ ...gate, name, state, value }, free)),
    ),
  );
  const others = {
    home: waits.home('x'),
    unfit: waits.unfit(['x']),
    handOff: waits.handOff(['x'], free),
    oldWriters: waits.oldWriters('monolith', []),
    step: waits.step('x', null),
    stuck: waits.stuck('x', 'y', free),
    takenBack: waits.takenBack('x', 'y', free),
    verifying: waits.verifying(0, 1),
    verifyBroke: waits.verifyBroke('x'),
    paused: waits.paused('x', 'run', free),
    retired: waits.retired('x', 'y'),
    beginning: waits.beginning(),
  } satisfies Record<keyof typeof waits, Need>;
  const absences = (['nobody', 'silent', 'no database', 'failed', 'foreign', 'no NATS'] as const).map(
    (kind) => absenceNeed({ kind, detail: 'x' }, held),
  );
  const again = waits.paused('x', 'resume', free);
  const named = [...gates, ...Object.values(others), again].flatMap(({ kind, command, sentence }) => {
    if (command !== null) expect(sentence).toContain(command);
    return commandsIn(sentence).map((each) => `${kind}: ${each}`);
  });
  expect([...new Set(named)].sort()).toEqual(
    [...new Set(advised.map(([kind, command]) => `${kind}: ${command}`))].sort(),
  );
  // The application's own command, or none: never one of the operator's.
  for (const { command } of absences) expect([null, 'start the parcels']).toContain(command);
});
