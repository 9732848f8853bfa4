import { randomUUID } from 'node:crypto';
import { refusal } from '../../support/failure.js';
import { door } from '../../support/rpc.js';
import { toyDesk } from '../../support/toy-desk.js';
import { noAnswer, refused, till, unreachable } from '../../support/toy-modules.js';
import { until } from '../../support/until.js';

/*
 * A process that is on its way, step by step over modules, is asked for again under its id: by 50 impatient clients, at
 * this process or another one, with the same input or another. There is one run, and all hear what became of it.
 */
const desk = toyDesk();
beforeEach(() => desk.modules.away('till'));

const closed = refused(till.error('pay', 'closed'));
const declined = refused(till.error('pay', 'declined'));
const done = { shelf: ['take A', 'ship A'], till: ['pay A'], desk: ['note A', 'stamp A'] };

/** The next payment waits at a door; resolves when it has come there. */
function slowPayment() {
  const { open, passed } = door();
  let there = false;
  desk.modules.remote.next('till.pay', async (deliver) => {
    there = true;
    await passed;
    return deliver();
  });
  return { open, arrived: () => until('the payment is on its way', () => there || undefined) };
}

it('50 times at once while a step is slow: one run, one answer for all', async () => {
  const { open, arrived } = slowPayment();
  const commandId = randomUUID();
  const calls = Array.from({ length: 50 }, () => desk.modules.port.serve({ name: 'A' }, { commandId }));
  await arrived();
  const follow = desk.anotherProcess('till').port.serve({ name: 'A' }, { commandId });
  open();
  const answers = await Promise.all([...calls, follow]);
  expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toEqual(
    new Set([JSON.stringify({ name: 'A', text: 'stamp' })]),
  );
  expect(await desk.effects()).toEqual(done);
  expect(await desk.sagas()).toHaveLength(1);
});

it('while it runs, with another input: refused at once', async () => {
  const { open, arrived } = slowPayment();
  const commandId = randomUUID();
  const first = desk.modules.port.serve({ name: 'A' }, { commandId });
  await arrived();
  expect(await refusal(desk.modules.port.serve({ name: 'A', amount: 2 }, { commandId }))).toMatchObject({
    code: 'idempotency_key_reused',
  });
  open();
  expect(await first).toMatchObject({ text: 'stamp' });
  expect(await desk.effects()).toEqual(done);
});

it('all who follow a run that is refused hear the refusal, and the id is free again', async () => {
  const { open, passed } = door();
  desk.modules.remote.next('till.pay', async (deliver, options) => {
    await passed;
    return declined(deliver, options);
  });
  const commandId = randomUUID();
  const first = refusal(desk.modules.port.serve({ name: 'A' }, { commandId }));
  await until('the saga is stored', async () => ((await desk.sagas()).length > 0 ? true : undefined));
  const followers = Array.from({ length: 10 }, () =>
    refusal(desk.modules.port.serve({ name: 'A' }, { commandId })),
  );
  open();
  // One that comes only after the end is a new run, and that one is not declined.
  const ends = await Promise.allSettled([first, ...followers]);
  const codes = ends.map((end) => (end.status === 'fulfilled' ? end.value.code : 'served'));
  expect(new Set(codes.slice(0, 1))).toEqual(new Set(['declined']));
  expect((await desk.effects()).till.length).toBeLessThanOrEqual(1);
});

it('a caller whose deadline is sooner than the end is told that it is not known', async () => {
  const { open, arrived } = slowPayment();
  const commandId = randomUUID();
  const first = desk.modules.port.serve({ name: 'A' }, { commandId });
  await arrived();
  const hurried = desk.within(performance.now() + 1_000, () =>
    desk.modules.port.serve({ name: 'A' }, { commandId }),
  );
  expect(await refusal(hurried)).toEqual({
    code: 'outcome_unknown',
    data: { module: 'desk', operation: 'serve', commandId },
  });
  open();
  await first;
});

describe('once it waits, and its caller is answered', () => {
  it('the same answer; when it is done, the new one', async () => {
    const commandId = randomUUID();
    const ask = () => desk.modules.port.serve({ name: 'A' }, { commandId });
    desk.modules.remote.next('till.pay', closed);
    expect([await ask(), await ask()]).toEqual([
      { name: 'A', text: 'wait' },
      { name: 'A', text: 'wait' },
    ]);
    await desk.timePasses();
    await desk.modules.engine.resumeDue(8);
    expect(await ask()).toEqual({ name: 'A', text: 'stamp' });
    expect(desk.modules.remote.named('till.pay')).toHaveLength(2);
  });

  it('then fails: it keeps its id, and answers as it stands, also while it is still being undone', async () => {
    const commandId = randomUUID();
    const ask = () => desk.modules.port.serve({ name: 'A' }, { commandId });
    desk.modules.remote.next('till.pay', closed, declined);
    desk.modules.remote.next('till.payBack', unreachable);
    await ask();
    await desk.timePasses();
    await desk.modules.engine.resumeDue(8);
    expect(await desk.sagas()).toMatchObject([{ status: 'compensating' }]);
    expect(await ask()).toEqual({ name: 'A', text: 'wait' });
    await desk.timePasses();
    await desk.modules.engine.resumeDue(8);
    expect(await desk.sagas()).toMatchObject([{ status: 'failed', answered: true }]);
    expect(await ask()).toEqual({ name: 'A', text: 'unnote' });
    expect(await desk.claims()).toEqual([{ result: { name: 'A', text: 'unnote' } }]);
    expect((await desk.effects()).shelf).toEqual(['take A', 'giveBack A']);
  });
});

it('one id for two routing keys is two commands: the end of one does not free or answer the other', async () => {
  const commandId = randomUUID();
  const ask = (name: string) => desk.modules.port.serve({ name }, { commandId });
  const { open, arrived } = slowPayment();
  const first = ask('A');
  await arrived();
  desk.modules.remote.next('till.pay', noAnswer, declined);
  expect(await refusal(ask('B'))).toMatchObject({ code: 'declined' });
  const again = ask('A');
  open();
  expect(await Promise.all([first, again])).toEqual([
    { name: 'A', text: 'stamp' },
    { name: 'A', text: 'stamp' },
  ]);
  expect((await desk.effects()).till).toEqual(['payBack B', 'pay A']);
});
