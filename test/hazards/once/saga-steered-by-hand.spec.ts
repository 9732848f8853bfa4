import { Database } from '#strangler/database/database';
import { OperatedSagas, steeringRefusal, undoneFrom, type SagaView } from '#strangler/calls/sagas/operated';
import { refused, till } from '../../support/toy-modules.js';
import { toyDesk } from '../../support/toy-desk.js';

/*
 * An operator has a saga tried at once, or taken back. Steps: take (shelf), note, pay (till), stamp = pivot, ship. Whoever has changed it
 * first has decided, and whatever the operator says, nothing is done twice.
 */
const desk = toyDesk();
let pool: Database;
beforeEach(() => {
  pool = new Database(desk.database.url);
  desk.modules.away('till');
});
afterEach(() => pool.close());

const serve = () => desk.modules.port.serve({ name: 'A' });
const closed = refused(till.error('pay', 'closed'));
const operated = () => new OperatedSagas(pool, 'desk', desk.modules.engine.definitions('desk'));
const only = async (): Promise<SagaView> => (await operated().list(null))[0]!;
const resume = () => desk.modules.engine.resumeDue(8);
const undone = { shelf: ['take A', 'giveBack A'], desk: expect.arrayContaining(['note A', 'unnote A']) };

it('one that waits is listed with where it stands, and nothing of its state', async () => {
  desk.modules.remote.next('till.pay', closed);
  await serve();
  const saga = await only();
  expect(saga).toMatchObject({
    ...{
      process: 'serve',
      key: 'A',
      status: 'waiting',
      step: 2,
      stepName: 'till.pay',
      attempts: 1,
      stuck: false,
    },
    definition: { pivot: 3, steps: expect.arrayContaining([{ name: 'till.pay', kind: 'call' }]) },
  });
  expect(Object.keys(saga)).not.toContain('state');
});

it('tried at once: it need not wait, and is done once', async () => {
  desk.modules.remote.next('till.pay', closed);
  await serve();
  expect(await resume()).toBe(0);
  expect(await operated().steer(await only(), 'retry')).toBe(true);
  expect(await resume()).toBe(1);
  expect(await desk.sagas()).toMatchObject([{ status: 'done' }]);
  expect(await desk.effects()).toMatchObject({ till: ['pay A'] });
});

it('taken back before the pivot: what was done is undone, and nothing else', async () => {
  desk.modules.remote.next('till.pay', closed);
  await serve();
  expect(await operated().steer(await only(), 'compensate')).toBe(true);
  await resume();
  expect(await desk.sagas()).toMatchObject([{ status: 'failed' }]);
  expect(await desk.effects()).toMatchObject(undone);
  const [ended] = await operated().list(
    (await desk.database.query<{ id: string }>('select id from desk.saga'))[0]!.id,
  );
  expect(ended).toMatchObject({ status: 'failed', error: 'unavailable' });
});

it('whoever was first has decided: a saga that has gone on since it was looked at is left alone', async () => {
  desk.modules.remote.next('till.pay', closed);
  await serve();
  const seen = await only();
  await desk.timePasses();
  await resume();
  expect(await operated().steer(seen, 'compensate')).toBe(false);
  expect(await desk.sagas()).toMatchObject([{ status: 'done' }]);
});

it.each(['retry', 'compensate'] as const)(
  'of two operators who have seen the same, one has his way: not he who says %s later',
  async (later) => {
    desk.modules.remote.next('till.pay', closed);
    await serve();
    const seen = await only();
    expect(await operated().steer(seen, 'retry')).toBe(true);
    expect(await operated().steer(seen, later)).toBe(false);
    expect(await only()).toMatchObject({ status: 'waiting', version: seen.version + 1 });
  },
);

describe('whether it may be', () => {
  const definition = {
    process: 'serve',
    steps: [
      { name: 'shelf.take', kind: 'call' },
      { name: 'note', kind: 'own' },
      { name: 'stamp', kind: 'own' },
      { name: 'shelf.ship', kind: 'call' },
    ],
    pivot: 2,
  } as const;
  const saga: SagaView = {
    ...{
      id: 's',
      process: 'serve',
      key: 'A',
      requestId: 'r',
      status: 'waiting',
      step: 0,
      stepName: 'shelf.take',
    },
    ...{ attempts: 1, error: null, createdAt: '', dueAt: 'noon', stuck: false, version: 1, definition },
  };

  it.each<[Partial<SagaView>, string | undefined, string | undefined]>([
    [{}, undefined, undefined],
    [{ step: 2 }, undefined, undefined],
    [{ step: 3, status: 'running' }, undefined, 'past its pivot "stamp"'],
    [{ definition: null }, undefined, 'no process here knows'],
    [{ status: 'compensating' }, undefined, 'being taken back already'],
    [{ status: 'done' }, 'has ended (done)', 'has ended (done)'],
    [{ status: 'running', attempts: 0 }, 'worked on: look again at noon', 'worked on'],
    [{ status: 'running', attempts: 0, stuck: true }, undefined, undefined],
  ])('%j: retry %p, compensate %p', (change, retry, compensate) => {
    for (const [how, why] of [
      ['retry', retry],
      ['compensate', compensate],
    ] as const) {
      const said = steeringRefusal({ ...saga, ...change }, how);
      if (why === undefined) expect(said).toBeUndefined();
      else expect(said).toContain(why);
    }
  });

  it('a call may have been done, a step of its own was not', () => {
    expect([0, 1, 2].map((step) => undoneFrom({ ...saga, step }))).toEqual([0, 0, 1]);
  });
});
