import { Logger } from '@nestjs/common';
import { Continuity } from '#strangler/engine/continuity/continuity';
import { NobodyServesError, type Peer } from '#strangler/engine/identity/peer';
import { ContinuityStore } from '#strangler/engine/continuity/store';
import { Database } from '#strangler/database/database';
import { Ownership } from '#strangler/engine/ownership/ownership';
import { freshDatabase, type TestDatabase } from '../../support/postgres.js';

/*
 * The module is at home again, and capture ends on the monolith first. The relay of another process leads once more before it hears of that,
 * and asks the service what it has; or it finds that the rows that it has sent were deleted. The service copies still, at the same epoch.
 * What would go wrong: that is taken for a claim, and the side that owns everything is marked as put back.
 */
const tally = 'tally';
let test: TestDatabase;
let database: Database;
let store: ContinuityStore;
let continuity: Continuity;
const asked: string[] = [];

beforeEach(async () => {
  for (const level of ['log', 'warn', 'error'] as const)
    jest.spyOn(Logger.prototype, level).mockReturnValue();
  test = await freshDatabase();
  database = new Database(test.url);
  store = new ContinuityStore(database, tally);
  await new Ownership(database).ensure(tally, 'monolith', { asks: true });
  const mine = await store.read();
  await store.proveStart(mine.start, 'nobody claims');
  asked.length = 0;
  const claims = {
    kind: 'number',
    number: 1,
    database: `${mine.database.slice(0, -4)}0000`,
    home: 'x',
    knownAs: null,
  } as const;
  const peer: Peer = {
    ask: () => Promise.reject(new NobodyServesError('nobody answers')),
    askAll: (question) => {
      asked.push(question.kind);
      return Promise.resolve([{ ...claims, capture: true, epoch: mine.epoch }]);
    },
  };
  continuity = new Continuity(database, tally, peer);
});
afterEach(async () => {
  await database.close();
  await test.drop();
  jest.restoreAllMocks();
});

it.each(['compareAnew', 'doubt'] as const)('%s of a relay asks nobody, and marks nothing', async (what) => {
  expect(await continuity[what]()).toBe(false);
  expect(asked).toEqual([]);
  expect(await store.read()).toMatchObject({ standing: null, proven: true });
});

it('who starts anew is told of the claim', async () => {
  expect(await continuity.prove()).toBe(false);
  expect(await store.read()).toMatchObject({ standing: 'rolled back' });
});
