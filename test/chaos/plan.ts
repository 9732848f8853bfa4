import { sides, type Side } from '#strangler/routes/phase';
import { crews, type Crew } from '../hazards/support/crews.js';
import { endless, lastPlacesOf, walksOf } from '../hazards/support/draws.js';
import type { Place } from '../hazards/support/moving-modules.js';
import { Random } from '../hazards/support/random.js';
import type { Walk } from '../hazards/support/walks.js';
import { moduleNames, type ModuleName } from '../support/module-names.js';

/** What fails. A link: all connections of one machine to a server. */
export type Fault =
  | { kind: 'monolith killed' | 'monolith stopped' | 'service killed' | 'service stopped'; at: Machine }
  | { kind: 'NATS stopped' | 'NATS wiped' }
  | { kind: 'database stopped' | 'database killed' | 'disk full'; side: Side }
  | { kind: 'link cut' | 'link silent'; crew: Crew; to: Server }
  | { kind: 'link slow'; crew: Crew; to: Server; delayMs: number };

/** A program; of a monolith the module says nothing. */
export interface Machine {
  crew: Crew;
  module: ModuleName;
}

export type Server = 'database' | 'NATS';
export type FaultKind = Fault['kind'];

/** A fault that begins so long after its round, and lasts so long, in ms. */
export interface PlannedFault {
  fault: Fault;
  afterMs: number;
  lastsMs: number;
}

/** The files of one side's databases are put back to what they were; all modules rest there meanwhile, and answer by both sides. */
export interface Restore {
  side: Side;
  at: 'extracted' | 'dual-write';
  /** So old is the backup, in ms. */
  ageMs: number;
}

/** What fails at once. The next one begins when all has recovered. */
export type Round = { atMs: number } & ({ faults: readonly PlannedFault[] } | { restore: Restore });

/** What one run does; it depends on nothing but what {@link planOf} is given. */
export interface Plan {
  rounds: readonly Round[];
  walks: Iterator<Walk, never>;
  /** Where the modules are in the end. */
  last: Readonly<Record<ModuleName, Place>>;
}

/** Between two rounds, in ms. */
const periodMs = 20_000;
/** The faults of a round begin within so long, in ms. */
const spreadMs = 3_000;

const server = (random: Random): Server => (random.next() < 0.6 ? 'database' : 'NATS');
const side = (random: Random): Side => random.pick(sides);
const crew = (random: Random): Crew => random.pick(crews);
const machineOf =
  (of: Side) =>
  (random: Random): Machine => ({
    crew: random.pick(crews.filter((each) => each.side === of)),
    module: random.pick(moduleNames),
  });

interface Draw {
  /** How long it lasts, in ms: at least and at most. */
  lasts: readonly [number, number];
  draw: (random: Random) => Fault;
}

const ofProgram = (kind: Extract<Fault, { at: Machine }>['kind'], of: Side): Draw['draw'] => {
  const machine = machineOf(of);
  return (random) => ({ kind, at: machine(random) });
};

/** Servers are away for a moment; who stops or falls silent does so for longer than it takes to notice. */
const draws: Readonly<Record<FaultKind, Draw>> = {
  'monolith killed': { lasts: [0, 4_000], draw: ofProgram('monolith killed', 'monolith') },
  'monolith stopped': { lasts: [1_000, 9_000], draw: ofProgram('monolith stopped', 'monolith') },
  'service killed': { lasts: [0, 4_000], draw: ofProgram('service killed', 'extracted') },
  'service stopped': { lasts: [1_000, 9_000], draw: ofProgram('service stopped', 'extracted') },
  'NATS stopped': { lasts: [1_000, 7_000], draw: () => ({ kind: 'NATS stopped' }) },
  'NATS wiped': { lasts: [500, 5_000], draw: () => ({ kind: 'NATS wiped' }) },
  'database stopped': {
    lasts: [1_000, 8_000],
    draw: (random) => ({ kind: 'database stopped', side: side(random) }),
  },
  'database killed': {
    lasts: [500, 4_000],
    draw: (random) => ({ kind: 'database killed', side: side(random) }),
  },
  'disk full': { lasts: [2_000, 8_000], draw: (random) => ({ kind: 'disk full', side: side(random) }) },
  'link cut': {
    lasts: [0, 6_000],
    draw: (random) => ({ kind: 'link cut', crew: crew(random), to: server(random) }),
  },
  'link silent': {
    lasts: [1_000, 8_000],
    draw: (random) => ({ kind: 'link silent', crew: crew(random), to: server(random) }),
  },
  'link slow': {
    lasts: [3_000, 10_000],
    draw: (random) => ({
      ...{ kind: 'link slow', crew: crew(random), to: server(random) },
      delayMs: 10 + random.integer(90),
    }),
  },
};

export const faultKinds = Object.keys(draws) as FaultKind[];

/** What is asked of a plan. `without`: faults that this machine cannot have. */
export interface PlanOptions {
  seed: number;
  minutes: number;
  without?: readonly FaultKind[];
}

/** The plan of a seed. Pure. */
export function planOf({ seed, minutes, without = [] }: PlanOptions): Plan {
  const of = (number: number) => new Random(seed * 10 + number);
  const kinds = faultKinds.filter((kind) => !without.includes(kind));
  return {
    rounds: roundsOf(of(1), Math.max(1, Math.floor((minutes * 60_000) / periodMs)), kinds),
    walks: walksOf(of(2)),
    last: lastPlacesOf(of(3)),
  };
}

function roundsOf(random: Random, count: number, kinds: readonly FaultKind[]): Round[] {
  const faults = endless(random, kinds, planned);
  const restoreIn = count < 3 ? undefined : 1 + random.integer(count - 2);
  let next = faults.next().value;
  const take = (): PlannedFault => {
    const taken = next;
    next = faults.next().value;
    return taken;
  };
  return Array.from({ length: count }, (_, i): Round => {
    const atMs = i * periodMs;
    if (i === restoreIn) return { atMs, restore: restoreOf(random) };
    const first = take();
    const two = random.next() < 0.6 && mayMeet(first.fault, next.fault);
    return { atMs, faults: two ? [first, take()] : [first] };
  });
}

const planned = (kind: FaultKind, random: Random): PlannedFault => {
  const { lasts, draw } = draws[kind];
  const [least, most] = lasts;
  return {
    fault: draw(random),
    afterMs: random.integer(spreadMs),
    lastsMs: least + random.integer(most - least),
  };
};

const restores: readonly Pick<Restore, 'side' | 'at'>[] = [
  { side: 'extracted', at: 'extracted' },
  { side: 'monolith', at: 'extracted' },
  { side: 'extracted', at: 'dual-write' },
];

const restoreOf = (random: Random): Restore => ({
  ...random.pick(restores),
  ageMs: 2_000 + random.integer(6_000),
});

/** The machine that a fault is of; none: it is of all that need a server. */
const crewOf = (fault: Fault): Crew | undefined =>
  'at' in fault ? fault.at.crew : 'crew' in fault ? fault.crew : undefined;

/**
 * Whether a shop is promised to come through both at once. A server is one of its kind, so one of them fails at a time; of what runs in
 * copies one copy stays whole on each side: else nobody is there whom customers could be told anything by.
 */
export function mayMeet(a: Fault, b: Fault): boolean {
  const [one, other] = [crewOf(a), crewOf(b)];
  if (!one && !other) return false;
  if (!one || !other) return true;
  return one.side !== other.side;
}
