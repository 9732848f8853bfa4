import { Logger } from '@nestjs/common';
import { directSides, type Sides } from '../../../../../test/support/sides.js';
import { freshDatabase } from '../../../../../test/support/postgres.js';
import { until } from '../../../../../test/support/until.js';
import { actDirectly, type DirectAct } from './direct.js';
import { beginCapture } from '../steps/capture-step.js';

/* The monolith is lost, and its controller with it: what is left is the database of the service. */
let both: Sides;

beforeEach(async () => {
  both = await directSides();
  await beginCapture(both.controls);
  await both.drained();
});
afterEach(() => both.close());

const url = () => both.extracted.test.url;
const failover = (more: Partial<DirectAct> = {}) =>
  actDirectly(url(), { module: 'parcels', verb: 'failover', iHaveFencedIt: true, dryRun: false, ...more });
const serve = (more: Partial<DirectAct> = {}) => failover({ verb: 'serve-unproven', ...more });
const state = async () => (await both.extracted.control.state()).standpoint;
const history = () =>
  both.extracted.test.query<{ action: string; outcome: string }>(
    'select action, outcome from strangler.history order by id',
  );
const write = (side: 'monolith' | 'extracted', code: string) =>
  both[side].test.query('insert into parcels.parcel values ($1, 1)', [code]);
/** Its server has started anew, as far as it knows. */
const startsAnew = () =>
  both.extracted.test.query("update strangler.ownership set proven_start = 'epoch', proven_by = null");
/** Nothing is sent any more, and nobody answers the service when it would prove itself. */
function monolithGone(): void {
  both.monolith.still = both.extracted.still = true;
  Object.assign(both.extracted, { other: undefined });
}
const complete = () => until('the copy is whole', async () => ((await state()).complete ? true : undefined));

describe('failover towards the service', () => {
  it('says what is at stake, and does nothing in a dry run', async () => {
    await complete();
    const { plan, refusal } = await failover({ dryRun: true });
    expect(refusal).toBeUndefined();
    expect(plan.join('\n')).toMatch(/last heard here \d+ s ago[^]*the 100 % that belonged[^]*at epoch 1000/);
    const { peer } = await state();
    expect(plan.join('\n')).toContain(`delete ${peer}.parcels and ${peer}.parcels.epoch`);
    expect(await state()).toMatchObject({ extractedBelow: 0 });
    expect(await history()).toEqual([]);
  });

  it('promises nothing of a database that was put back', async () => {
    await complete();
    await both.extracted.test.query("update strangler.ownership set standing = 'rolled back'");
    expect((await failover({ dryRun: true })).plan[1]).toMatch(
      /since the moment that this database was put back/,
    );
  });

  it('asks for a promise first, and says that the monolith still runs', async () => {
    await expect(failover({ iHaveFencedIt: false })).rejects.toThrow(/--i-have-fenced-it.*it still runs/);
    expect(await state()).toMatchObject({ extractedBelow: 0 });
  });

  it('takes everything, once, and writes it down there', async () => {
    await complete();
    both.monolith.still = true;
    await failover();
    const after = await state();
    expect(after).toMatchObject({ extractedBelow: 10_000, proven: true, capture: true });
    await write('extracted', 'sold-on');
    const again = await failover();
    expect(again.plan).toEqual([expect.stringContaining('owns everything of parcels already')]);
    expect((await state()).epoch).toBe(after.epoch);
    expect(await history()).toEqual([
      { action: 'failover', outcome: 'begun' },
      { action: 'failover', outcome: 'done' },
    ]);
  });

  it('the monolith that is back gives way and is filled; its rows that nobody had are no data', async () => {
    await complete();
    both.monolith.still = true;
    both.extracted.still = true;
    await write('monolith', 'never-sent');
    await failover();
    await write('extracted', 'sold-on');
    both.monolith.still = false;
    both.extracted.still = false;
    await until('the copy is that of the service', async () => {
      const rows = await both.monolith.test.query<{ code: string }>('select code from parcels.parcel');
      return rows.map(({ code }) => code).join() === 'sold-on' ? true : undefined;
    });
    await expect(write('monolith', 'rogue')).rejects.toMatchObject({ code: 'SR409' });
    const given = await both.monolith.test.query<{ key: string }>('select key from strangler.given_up');
    expect(given).toEqual([{ key: 'never-sent' }]);
  });

  it('says so when the copy is not whole', async () => {
    both.monolith.still = true;
    // What was on its way says once more that it is.
    const plan = await until('it says so', async () => {
      await both.extracted.test.query('update strangler.applied set complete = false');
      const text = (await failover({ dryRun: true })).plan.join('\n');
      return text.includes('NOT whole') ? text : undefined;
    });
    expect(plan).toContain('NOT whole');
  });
});

describe('serve-unproven', () => {
  it('lets the service take writes of what it owns, once', async () => {
    await complete();
    monolithGone();
    await startsAnew();
    expect(await serve({ dryRun: true })).toMatchObject({ noted: false });
    expect(await serve()).toMatchObject({ noted: true });
    expect(await state()).toMatchObject({ proven: true, provenBy: 'operator' });
    const plan = [expect.stringContaining('extracted has proven itself')];
    expect(await serve()).toMatchObject({ plan, noted: false });
  });

  it('who could not prove itself says what that means and what is next, and once that it takes writes again', async () => {
    await complete();
    monolithGone();
    const said: string[] = [];
    const note = (text: unknown) => void said.push(String(text));
    jest.spyOn(Logger.prototype, 'warn').mockImplementation(note);
    jest.spyOn(Logger.prototype, 'log').mockImplementation(note);
    await startsAnew();
    expect(await both.extracted.control.prove()).toBe(false);
    await serve();
    expect(await both.extracted.control.prove()).toBe(true);
    await both.extracted.control.prove();
    jest.restoreAllMocks();
    expect(said.filter((text) => text.includes('takes'))).toEqual([
      expect.stringMatching(
        /^parcels takes no writes: its server has started anew.*else: strangler doctor parcels$/,
      ),
      'parcels takes writes again',
    ]);
  });

  it('refuses what was put back, or was moved', async () => {
    // Its running processes see that soon, and give it the id of the place where it is.
    const refused = await until('it is asked before they have', async () => {
      await both.extracted.test.query(`update strangler.ownership set home = 'elsewhere'`);
      return serve().then(
        () => undefined,
        (error: unknown) => (error as Error).message,
      );
    });
    expect(refused).toMatch(/dump or pg_upgrade/);
    await both.extracted.test.query(`update strangler.ownership set standing = 'rolled back'`);
    await expect(serve()).rejects.toThrow(/rolled back.*rejoin parcels/);
    expect((await history()).map(({ outcome }) => outcome)).toEqual(['refused', 'refused']);
  });
});

describe('the wrong place', () => {
  it.each([
    [
      'a module that is not there',
      { module: 'letters' },
      /has no module letters; it has: parcels \(extracted\)/,
    ],
  ] as const)('%s', async (_, more, message) => {
    await expect(failover(more)).rejects.toThrow(message);
  });

  it('the database of the monolith', async () => {
    const act: DirectAct = { module: 'parcels', verb: 'failover', iHaveFencedIt: true, dryRun: false };
    await expect(actDirectly(both.monolith.test.url, act)).rejects.toThrow(/database of the monolith/);
  });

  it('a database of something else', async () => {
    const other = await freshDatabase();
    await other.query('drop schema strangler cascade');
    const act: DirectAct = { module: 'parcels', verb: 'failover', iHaveFencedIt: true, dryRun: false };
    await expect(actDirectly(other.url, act)).rejects.toThrow(/is of no side of the shop/);
    await other.drop();
  });

  it('one that cannot be opened is named without its password', async () => {
    const wrong = Object.assign(new URL(url()), { password: 'hush%20hush', pathname: '/no_such_database' });
    const act: DirectAct = { module: 'parcels', verb: 'failover', iHaveFencedIt: true, dryRun: false };
    const error = (await actDirectly(wrong.href, act).catch((thrown: unknown) => thrown)) as Error;
    expect(error.message).toContain('no_such_database');
    expect(error.message).not.toContain('hush');
  });
});
