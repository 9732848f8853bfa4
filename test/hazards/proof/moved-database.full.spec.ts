import { Logger } from '@nestjs/common';
import { Continuity } from '#strangler/engine/continuity/continuity';
import { NobodyServesError, type Peer } from '#strangler/engine/identity/peer';
import { ContinuityStore } from '#strangler/engine/continuity/store';
import { Database } from '#strangler/database/database';
import { actDirectly } from '#strangler/control/commands/direct';
import { Ownership } from '#strangler/engine/ownership/ownership';
import { otherSide, sides, type Side } from '#strangler/routes/phase';
import { pairDirectly } from '../../support/pairing.js';
import { copyOf, freshDatabase, type TestDatabase } from '../../support/postgres.js';

/*
 * A database is put elsewhere by dump and restore, by an upgrade, or as a template: with all its rows, and so with its ownership. What would
 * go wrong: beside its original it takes writes of the same keys, or the other side takes the one for the other; or it is never served again.
 */
const tally = 'tally';

/** A side on one database, as a process there has it. Served: others can ask it. */
interface Place {
  readonly side: Side;
  readonly test: TestDatabase;
  readonly database: Database;
  readonly store: ContinuityStore;
  readonly continuity: Continuity;
  readonly id: string;
}

const served = new Map<string, Place>();
const opened: Place[] = [];
let home: Place;
let away: Place;

const peerAt = (side: Side): Peer => ({
  ask: async (question, database) => {
    const there = served.get(database ?? '');
    if (there?.side !== side) throw new NobodyServesError(`nobody serves ${database}`);
    return there.continuity.answer(question);
  },
  askAll: (question) =>
    Promise.all(
      [...served.values()]
        .filter((each) => each.side === side)
        .map((each) => each.continuity.answer(question)),
    ),
});

/** A process starts on this database. */
async function start(side: Side, test: TestDatabase): Promise<Place> {
  const database = new Database(test.url);
  await new Ownership(database).ensure(tally, side, { asks: true });
  const store = new ContinuityStore(database, tally);
  const continuity = new Continuity(database, tally, peerAt(otherSide(side)));
  const place = { side, test, database, store, continuity, id: (await store.read()).database };
  opened.push(place);
  served.set(place.id, place);
  return place;
}

/** Its processes end. */
async function end(place: Place): Promise<void> {
  served.delete(place.id);
  await place.database.close();
  opened.splice(opened.indexOf(place), 1);
}

const copies: TestDatabase[] = [];
/** The database as it is now, in another place. */
async function copied({ test }: Place): Promise<TestDatabase> {
  const copy = await copyOf(test.url);
  copies.push(copy);
  return copy;
}

/** Its processes end, it is put elsewhere, and processes start there. */
async function move(place: Place): Promise<Place> {
  await end(place);
  return start(place.side, await copied(place));
}

const write = ({ test }: Place) => test.query(`select strangler.enter($1)`, [tally]);
const peerOf = async ({ store }: Place) => (await store.read()).peer;

beforeEach(async () => {
  for (const level of ['log', 'warn', 'error'] as const)
    jest.spyOn(Logger.prototype, level).mockReturnValue();
  home = await start('monolith', await freshDatabase());
  away = await start('extracted', await freshDatabase());
});
afterEach(async () => {
  jest.restoreAllMocks();
  await Promise.all(opened.splice(0).map(({ database }) => database.close()));
  const tests = [home, away].map(({ test }) => test);
  await Promise.all(copies.splice(0).map((copy) => copy.drop()));
  await Promise.all(tests.map((test) => test.drop()));
  served.clear();
});

const pairUp = () => pairDirectly(tally, { monolith: home.database, extracted: away.database });
/** The side extracted owns half, and both have proven themselves. */
const shareOut = async () => {
  await pairUp();
  for (const { database } of [home, away]) {
    await database.query('update strangler.ownership set extracted_below = 5000, epoch = 3');
    await database.query('update strangler.relay set life = 1');
    await database.query('update strangler.applied set life = 1, complete = true');
  }
};

it.each(sides)('%s takes the place of its original, whose processes have ended', async (side) => {
  await shareOut();
  const [original, other] = side === 'monolith' ? [home, away] : [away, home];
  const moved = await move(original);
  expect(moved.id).not.toBe(original.id);
  await expect(write(moved)).rejects.toMatchObject({ code: 'SR425' });
  expect(await moved.continuity.prove()).toBe(true);
  expect(await peerOf(other)).toBe(moved.id);
  await write(moved);
  expect(await moved.store.read()).toMatchObject({
    moved: false,
    knownAs: null,
    extractedBelow: 5000,
    epoch: 3,
  });
});

it('its original, started again, is refused by name from then on', async () => {
  await shareOut();
  const moved = await move(home);
  expect(await moved.continuity.prove()).toBe(true);
  const original = await start('monolith', home.test);
  expect(original.id).toBe(home.id);
  expect(await original.continuity.prove()).toBe(false);
  expect(original.continuity.held).toMatchObject({ kind: 'foreign', foreign: { peer: moved.id } });
  await expect(write(original)).rejects.toMatchObject({ code: 'SR425' });
  expect(await peerOf(away)).toBe(moved.id);
});

it('beside its original it is nobody: it takes no write, and the other side stays with the original', async () => {
  await shareOut();
  const copy = await start('monolith', await copied(await ended(home)));
  const original = await start('monolith', home.test);
  expect(await copy.continuity.prove()).toBe(false);
  expect(copy.continuity.held).toMatchObject({ kind: 'moved', why: 'its original is served' });
  await expect(write(copy)).rejects.toMatchObject({ code: 'SR425' });
  expect(await peerOf(away)).toBe(home.id);
  expect(await original.continuity.prove()).toBe(true);
  await write(original);
});

it('of two copies the first one takes the place; the other one is refused by name', async () => {
  await shareOut();
  const [one, two] = [await copied(await ended(home)), await copied(home)];
  const first = await start('monolith', one);
  const second = await start('monolith', two);
  expect(await first.continuity.prove()).toBe(true);
  expect(await second.continuity.prove()).toBe(false);
  expect(second.continuity.held).toMatchObject({ kind: 'foreign', foreign: { peer: first.id } });
  await expect(write(second)).rejects.toMatchObject({ code: 'SR425' });
  expect(await peerOf(away)).toBe(first.id);
});

it('one that lacks what its original has had confirmed is held, and the other side does not take it', async () => {
  await shareOut();
  const test = await copied(await ended(home));
  // What the other side has stored since.
  await away.database.query(`insert into strangler.received values ($1, 2, 1, '{7001}')`, [tally]);
  await away.database.query(`update strangler.applied set term = 2, seq = 1 where module = $1`, [tally]);
  const moved = await start('monolith', test);
  expect(await moved.continuity.prove()).toBe(false);
  expect(moved.continuity.held).toMatchObject({ kind: 'moved', why: 'it lacks something' });
  expect(await peerOf(away)).toBe(home.id);
  // The first step of `rejoin`: an operator says that it is to stand in the original's place.
  expect(await new Ownership(moved.database).adopt(tally, 3)).toBe(true);
  expect(await moved.continuity.prove()).toBe(false);
  expect(moved.continuity.held).toMatchObject({ kind: 'rolled back' });
  expect(await peerOf(away)).toBe(moved.id);
  await expect(write(moved)).rejects.toMatchObject({ code: 'SR425' });
});

it('both sides are moved at once', async () => {
  await shareOut();
  const [left, right] = [await move(home), await move(away)];
  expect(await left.continuity.prove()).toBe(true);
  expect(await right.continuity.prove()).toBe(true);
  expect([await peerOf(left), await peerOf(right)]).toEqual([right.id, left.id]);
  await Promise.all([write(left), write(right)]);
});

it('twice, before the other side could be asked', async () => {
  await shareOut();
  served.delete(away.id);
  const first = await move(home);
  expect(await first.continuity.prove()).toBe(false);
  expect(first.continuity.held).toMatchObject({ kind: 'moved', why: 'nobody answers' });
  const second = await move(first);
  served.set(away.id, away);
  expect(await second.continuity.prove()).toBe(true);
  expect(await peerOf(away)).toBe(second.id);
});

it('takes over by the word of an operator before its first process: that takes the word not away, and the other side gives way', async () => {
  await shareOut();
  const test = await copied(await ended(away));
  const said = { module: tally, verb: 'failover', iHaveFencedIt: true } as const;
  await actDirectly(test.url, { ...said, dryRun: true });
  const [before] = await test.query<{ id: string }>('select id from strangler.database');
  expect(before).toEqual({ id: away.id });
  await actDirectly(test.url, { ...said, dryRun: false });
  const moved = await start('extracted', test);
  await write(moved);
  expect(moved.id).not.toBe(away.id);
  expect(await moved.continuity.prove()).toBe(true);
  expect(await peerOf(home)).toBe(moved.id);
  expect((await moved.store.read()).extractedBelow).toBe(10_000);
  expect(await home.continuity.prove()).toBe(true);
  expect((await home.store.read()).extractedBelow).toBe(10_000);
});

it('where nothing moves it is served, and the other side comes to know it', async () => {
  await pairUp();
  for (const each of [home, away])
    await each.database.query('update strangler.ownership set capture = false');
  const moved = await move(home);
  expect(await moved.continuity.prove()).toBe(true);
  await write(moved);
  expect(await peerOf(away)).toBe(moved.id);
  expect((await moved.store.read()).knownAs).toBeNull();
});

it('a service that has been alone since its monolith gave the module away is served after its next dump', async () => {
  await pairUp();
  await away.database.query(
    'update strangler.ownership set capture = false, extracted_below = 10000, asks = false',
  );
  await end(home);
  const moved = await move(away);
  await moved.database.query('update strangler.ownership set asks = false');
  await write(moved);
});

it('from before the move, by dump: it marks itself, for the other side claims the module', async () => {
  const test = await copied(await ended(home));
  home = await start('monolith', home.test);
  await shareOut();
  await end(home);
  const moved = await start('monolith', test);
  expect(await moved.continuity.prove()).toBe(false);
  expect((await moved.store.read()).standing).toBe('rolled back');
  await expect(write(moved)).rejects.toMatchObject({ code: 'SR425' });
});

const ended = async (place: Place): Promise<Place> => {
  await end(place);
  return place;
};
