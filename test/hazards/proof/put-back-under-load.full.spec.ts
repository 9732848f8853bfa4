import { comparePositions } from '#strangler/engine/identity/position';
import { moduleNames } from '../../support/shop.js';
import { livesOf, progressOf } from '../support/copies.js';
import { accountFor, type LossAccount } from '../support/loss-account.js';
import { bothSides, type Place, type Side } from '../support/moving-modules.js';
import { ShopThatLoses } from '../support/shop-that-loses.js';
import { isToldLost, toldLosses } from '../support/told-loss.js';

/*
 * All modules of a shop are on their way, customers register, order and cancel, and a side loses what it had: its files are put back,
 * or a standby is promoted that lacks the last commits. What would go wrong: it takes writes beside the true owner, answers from
 * old rows, or copies them over what was acknowledged since.
 */
interface Scene {
  what: string;
  of: readonly Side[];
  /** Where all modules are when the backup is made, and when the files are lost. */
  then: Place;
  now: Place;
  how?: 'promoted';
  /** Which verb doctor names for each module; null: it comes back by itself. */
  verb: 'rejoin' | null;
  /** Where the modules are in the end, if not where they are now. */
  ends?: Place;
  /** The side that finds the copy behind, and fills it once more. */
  filledAnew?: Side;
}

const home: Place = { phase: 'monolith' };
const half: Place = { phase: 'shifting', percent: 50 };
const copied: Place = { phase: 'dual-write' };
const out: Place = { phase: 'extracted' };

const scenes: readonly Scene[] = [
  { what: "the monolith's, from before the move", of: ['monolith'], then: home, now: out, verb: 'rejoin' },
  { what: "the monolith's, from its middle", of: ['monolith'], then: half, now: out, verb: null },
  {
    what: "the monolith's, in its middle",
    of: ['monolith'],
    then: half,
    now: half,
    verb: 'rejoin',
    ends: out,
  },
  { what: "the monolith's, from after it", of: ['monolith'], then: out, now: out, verb: null },
  { what: "the service's, from before the move", of: ['extracted'], then: home, now: out, verb: 'rejoin' },
  { what: "the service's, from its middle", of: ['extracted'], then: half, now: out, verb: 'rejoin' },
  { what: "the service's, in its middle", of: ['extracted'], then: half, now: half, verb: 'rejoin' },
  { what: "the service's, from after it", of: ['extracted'], then: out, now: out, verb: 'rejoin' },
  {
    what: "a standby of the monolith's database lacks its last commits",
    of: ['monolith'],
    then: copied,
    now: copied,
    how: 'promoted',
    verb: 'rejoin',
    ends: out,
  },
  {
    what: "a standby of the service's database lacks its last commits",
    of: ['extracted'],
    then: out,
    now: out,
    how: 'promoted',
    verb: 'rejoin',
  },
  {
    what: "a standby of the service's database, which was the copy, lacks its last commits",
    of: ['extracted'],
    then: copied,
    now: copied,
    how: 'promoted',
    verb: null,
    filledAnew: 'monolith',
  },
];

/** On a machine that others load, too. */
const longestMs = 600_000;

let shop: ShopThatLoses;
beforeEach(async () => {
  shop = await ShopThatLoses.open();
}, 180_000);
afterEach(() => shop.close());

/** Readies what one side will be put back to. `cut`: from there on nothing comes into it. */
async function prepared({
  of,
  how,
}: Scene): Promise<{ cut: () => Promise<void>; lose: () => Promise<void> }> {
  if (how === 'promoted') {
    const [side] = of as [Side];
    const primary = shop.servers[side];
    const standby = await primary.standby();
    const lose = async () => {
      await primary.end('crash');
      await standby.promote();
      await shop.moveTo({ [side]: standby });
      await primary.stop();
    };
    return { cut: () => standby.cut(), lose };
  }
  const all = await Promise.all(of.map((side) => shop.servers[side].backUp()));
  const lose = async () => {
    await Promise.all(all.map((putBack) => putBack()));
  };
  return { cut: () => Promise.resolve(), lose };
}

function tell(what: string, account: LossAccount, more: readonly string[] = []): void {
  const { missing, problems, ...figures } = account;
  const commands = [...shop.advised].map(
    ([module, { said, command }]) => `  ${module}: ${said}\n    ran: ${command}`,
  );
  const lines = [...commands, ...more.map((line) => `  ${line}`), ...problems.slice(0, 20)];
  const first = `${what}: ${JSON.stringify({ ...figures, missing: missing.length })}`;
  process.stdout.write(`${[first, ...lines].join('\n')}\n`);
}

it.each(scenes)(
  '$what: nothing that both sides had is lost',
  async (scene) => {
    const load = await shop.customers(8_000 + scenes.indexOf(scene));
    await shop.goTo(scene.then);
    await shop.placed(load, 8);
    const { cut, lose } = await prepared(scene);
    await shop.placed(load, 8);
    await shop.goTo(scene.now);
    await cut();
    await shop.placed(load, 15);
    await shop.keepWrites();
    const { filledAnew } = scene;
    const lives = filledAnew && (await livesOf(shop, filledAnew));
    const lostAt = performance.now();
    await lose();
    await shop.heal();
    await shop.placed(load, 10);
    await shop.rests(scene.ends ?? scene.now);
    await shop.placed(load, 10);
    await load.stop();
    await shop.rests(scene.ends ?? scene.now);
    const account = await accountFor(shop, load, lostAt);
    tell(scene.what, account);
    expect(account).toMatchObject({ missing: [], problems: [] });
    expect(account.byBoth).toBeGreaterThan(40);
    expect(await shop.differences()).toEqual(Object.fromEntries(moduleNames.map((name) => [name, 0])));
    const verbs = [...shop.advised.values()].map(({ command }) => command.split(' ')[0]);
    expect([...new Set(verbs)]).toEqual(scene.verb === null ? [] : [scene.verb]);
    if (!filledAnew) return;
    const now = await livesOf(shop, filledAnew);
    // Each of these has something of each order.
    for (const module of ['inventory', 'payments', 'orders'] as const)
      expect({ module, anew: now[module] > lives![module] }).toEqual({ module, anew: true });
  },
  longestMs,
);

it.each(bothSides)(
  'both, the %s from earlier: one owner, equal data, and what cannot be proven is told',
  async (older) => {
    const newer = older === 'monolith' ? 'extracted' : 'monolith';
    const load = await shop.customers(8_900 + older.length);
    await shop.goTo(out);
    await shop.placed(load, 8);
    const putOlder = await shop.servers[older].backUp();
    await shop.placed(load, 8);
    const before = await progressOf(shop, 'extracted');
    const putNewer = await shop.servers[newer].backUp();
    const kept = await progressOf(shop, 'extracted');
    await shop.placed(load, 15);
    const last = await progressOf(shop, 'extracted');
    await shop.keepWrites();
    const lostAt = performance.now();
    await Promise.all([putOlder(), putNewer()]);
    await shop.heal();
    await shop.rests(out);
    await shop.placed(load, 10);
    await load.stop();
    await shop.rests(out);
    const account = await accountFor(shop, load, lostAt);
    const findings = (await Promise.all(moduleNames.map((module) => shop.doctor(module)))).flat();
    const told = toldLosses(findings);
    tell(
      `both, the ${older} from earlier`,
      account,
      findings.map(({ module, problem, meaning }) => `${module}: ${problem}; ${meaning}`),
    );
    expect(account.missing.length).toBeGreaterThan(0);
    expect([...told.keys()].sort()).toEqual([...moduleNames].sort());
    for (const module of moduleNames) {
      const { above, upTo } = told.get(module)!;
      // Of what both backups have, nothing is told; of what was sent since, all.
      expect({ module, above, from: comparePositions(above, before[module].confirmed) >= 0 }).toMatchObject({
        from: true,
      });
      expect({ module, above, to: comparePositions(above, kept[module].stored) <= 0 }).toMatchObject({
        to: true,
      });
      expect({ module, upTo, all: comparePositions(upTo, last[module].confirmed) >= 0 }).toMatchObject({
        all: true,
      });
    }
    // What was not answered then is in place, and nobody has seen anything that does not fit.
    const rest = await accountFor(shop, load, lostAt, (event) =>
      isToldLost(told, load.history, event, lostAt),
    );
    expect(rest).toMatchObject({ missing: [], problems: [] });
    expect(rest.inPlace).toBeGreaterThan(20);
    expect(await shop.differences()).toEqual(Object.fromEntries(moduleNames.map((name) => [name, 0])));
  },
  longestMs,
);
