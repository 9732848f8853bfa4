import { Logger } from '@nestjs/common';
import { OPERATOR, type Operator } from 'nestjs-strangler';
import { twoSides, type TwoSides } from 'nestjs-strangler/testing';
import {
  ClicksAndTally,
  clicks,
  ClicksModule,
  clicksDatabase,
  listener,
  tally,
  TallyModule,
} from '../../support/clicks.js';
import type { TestDatabase } from '../../support/postgres.js';
import { pause, until } from '../../support/until.js';

/*
 * Who delivers is whoever owns the key of the event, and the command of the subscriber goes to whoever owns its key. Both change in the middle of
 * traffic:
 *
 *   A  has called the subscriber for event 7, and not yet written down that it has
 *   B  takes the key over, with the cursor at 6
 *   B  calls the subscriber for event 7 again: it has been done under that id, on whichever side
 *   A  writes down 7, and is refused
 */
jest.setTimeout(400_000);
const names = Array.from({ length: 12 }, (_, i) => `name-${i}`);
const contracts = [clicks, tally];

let databases: { monolith: TestDatabase; extracted: TestDatabase };
let sides: TwoSides;
beforeAll(async () => {
  Logger.overrideLogger(false);
  databases = { monolith: await clicksDatabase('monolith'), extracted: await clicksDatabase('extracted') };
});
afterEach(() => {
  listener.before = () => undefined;
  return sides.close();
});
afterAll(() => Promise.all([databases.monolith.drop(), databases.extracted.drop()]));

it.each([
  ['publisher', ClicksModule, [TallyModule]],
  ['subscriber', TallyModule, [ClicksModule]],
  ['publisher and the subscriber', ClicksAndTally, []],
])('the %s moves out and back: all is heard once, in its order', async (_what, module, imports) => {
  const urls = { monolith: databases.monolith.url, extracted: databases.extracted.url };
  sides = await twoSides({ module, contracts, imports, databases: urls, patienceMs: 120_000 });
  const told = new Map<string, number>();
  let ended = false;
  const load = names.map(async (name) => {
    for (; !ended; await pause(60)) {
      const { n } = await sides.port(clicks).click({ name });
      told.set(name, n);
    }
  });
  await sides.goTo('shifting', 50);
  await sides.goTo('extracted');
  await sides.goTo('shifting', 50);
  await sides.goTo('monolith');
  ended = true;
  await Promise.all(load);
  for (const name of names) {
    const n = told.get(name);
    const heard = await until(`${n} of ${name} are heard`, async () => {
      const now = await sides.port(tally).heard({ name });
      return now.n >= n! ? now : undefined;
    });
    expect(heard).toEqual({ name, n, outOfOrder: 0 });
  }
});

it('an event that has failed for good goes along with its key, holds no hand-off, and is sent again by its new owner', async () => {
  const urls = { monolith: databases.monolith.url, extracted: databases.extracted.url };
  sides = await twoSides({
    ...{ module: ClicksModule, contracts, imports: [TallyModule], databases: urls, patienceMs: 120_000 },
  });
  const operator = sides.monolith.get<Operator>(OPERATOR);
  const click = (name: string) => sides.port(clicks).click({ name });
  const failed = async () =>
    (await operator.events({ module: 'clicks', state: 'failed', limit: 9 })).items.map(({ key, seq }) => [
      key,
      seq,
    ]);
  const hurry = `update clicks.event_cursor set due_at = least(due_at, clock_timestamp()) where tries > 0`;
  listener.before = ({ name }) => (name === 'poison' ? Promise.reject(new Error('poison')) : undefined);
  for (let i = 0; i < 2; i++) await click('poison');
  await until('it has failed', async () => {
    await databases.monolith.query(hurry);
    return (await failed()).length === 1 ? true : undefined;
  });
  await sides.goTo('extracted');
  expect(await failed()).toEqual([['poison', 1]]);
  await click('well');
  await until('others are heard', async () =>
    (await sides.port(tally).heard({ name: 'well' })).n === 1 ? true : undefined,
  );
  listener.before = () => undefined;
  const { items } = await operator.events({ module: 'clicks', key: 'poison', state: 'failed', limit: 9 });
  const by = { actor: 'ann', dryRun: false };
  await operator.act('clicks', { verb: 'resubmit', event: items[0]!.id, subscriber: 'tally' }, by);
  const heard = await until('both are heard', async () => {
    const now = await sides.port(tally).heard({ name: 'poison' });
    return now.n === 2 ? now : undefined;
  });
  expect(heard).toEqual({ name: 'poison', n: 2, outOfOrder: 0 });
});
