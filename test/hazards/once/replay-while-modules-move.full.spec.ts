import { Logger } from '@nestjs/common';
import { OPERATOR, type Operator } from 'nestjs-strangler';
import { twoSides, type TwoSides } from 'nestjs-strangler/testing';
import {
  ClicksAndTally,
  clicks,
  ClicksModule,
  clicksDatabase,
  tally,
  TallyModule,
} from '../../support/clicks.js';
import type { TestDatabase } from '../../support/postgres.js';
import { pause, until } from '../../support/until.js';

/*
 * A view is emptied, and its events are sent again, while customers go on and modules move:
 *
 *   the cursors of the publisher have a new generation, and go to the other side with their keys
 *   A  has called the subscriber for event 7 of that generation, and not yet written down that it has
 *   B  takes the key over, with the cursor at 6 and the generation, and calls again under the same id: one effect
 *   a replay of a module that is on its way is refused
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
afterEach(() => sides.close());
afterAll(() => Promise.all([databases.monolith.drop(), databases.extracted.drop()]));

const replay = () =>
  sides.monolith
    .get<Operator>(OPERATOR)
    .act('clicks', { verb: 'replay', subscriber: 'tally' }, { actor: 'ann', dryRun: false });

it.each([
  ['publisher', ClicksModule, [TallyModule]],
  ['subscriber', TallyModule, [ClicksModule]],
  ['publisher and the subscriber', ClicksAndTally, []],
])(
  'the %s moves out and back: the view has each event once, in its order',
  async (_what, module, imports) => {
    const urls = { monolith: databases.monolith.url, extracted: databases.extracted.url };
    sides = await twoSides({ module, contracts, imports, databases: urls, patienceMs: 120_000 });
    const told = new Map<string, number>();
    let ended = false;
    const load = names.map(async (name) => {
      for (; !ended; await pause(250)) {
        const { n } = await sides.port(clicks).click({ name });
        told.set(name, n);
      }
    });
    await replay();
    await sides.goTo('shifting', 50);
    await expect(replay()).rejects.toThrow('is on its way from one side to the other');
    await sides.goTo('extracted');
    await replay();
    await sides.goTo('shifting', 50);
    await sides.goTo('monolith');
    await replay();
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
  },
);
