import { Logger } from '@nestjs/common';
import { beginCapture } from '#strangler/control/steps/capture-step';
import { ContinuityStore } from '#strangler/engine/continuity/store';
import { directSides, type Sides } from '../../support/sides.js';
import { until } from '../../support/until.js';
import { backupOf, putBackRows, putBackTables } from '../support/put-back-in-place.js';

/*
 * The owner's database is put back while its server runs on, to a moment since when nobody has changed owners. Its start is the same, and
 * so is what each side claims.
 *
 * M owns                                    E
 * backup: confirmed up to (2, 3)
 * writes, stored there, confirmed, answered (2, 18)
 * put back: confirmed up to (2, 3), proven
 * a new write, confirmed                    forgets what it had received up to (2, 18)
 *
 * What would go wrong: M goes on without what was answered, and soon nobody can know: E has it, is only the copy, and `verify --repair`
 * would delete it there, too.
 */
let both: Sides;

beforeEach(async () => {
  for (const level of ['log', 'warn', 'error'] as const)
    jest.spyOn(Logger.prototype, level).mockReturnValue();
  both = await directSides();
  await beginCapture(both.controls);
  await write('before');
  await both.drained();
  await until('the copy is whole', async () =>
    (await both.controls.extracted.state()).standpoint.complete ? true : undefined,
  );
});
afterEach(async () => {
  await both.close();
  jest.restoreAllMocks();
});

const write = (code: string) => both.monolith.test.query('insert into parcels.parcel values ($1, 1)', [code]);
const lock = `strangler.relay_lock(), hashtext('parcels')`;
/** Ends the session of the relay that leads. */
const endLeader = `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted
  and database = (select oid from pg_database where datname = current_database())
  and classid = strangler.relay_lock()::oid and objid = (hashtext('parcels')::bigint & 4294967295)::oid`;
const termOf = async () => (await both.controls.monolith.state()).standpoint.term;

/** Writes are stored at the other side, and confirmed; its last message says so. */
async function answered(): Promise<void> {
  for (const code of ['a', 'b', 'c']) await write(code);
  await both.drained();
}

const isMarked = () =>
  until('it knows that it lacks something', async () => {
    const { standpoint } = await both.controls.monolith.state();
    return standpoint.standing === 'rolled back' ? true : undefined;
  });

async function expectNothingLost(): Promise<void> {
  await expect(write('after')).rejects.toMatchObject({ code: 'SR425' });
  const rows = await both.extracted.test.query('select code from parcels.parcel order by code');
  expect(rows).toEqual(['a', 'b', 'before', 'c'].map((code) => ({ code })));
}

it('its tables are made anew: it takes no write from the first moment on', async () => {
  const backup = await backupOf(both.monolith);
  await answered();
  await putBackTables(both.monolith, backup);
  await expect(write('after')).rejects.toMatchObject({ code: 'SR425' });
  await isMarked();
  await expectNothingLost();
});

it('its rows are put back, and the same relay leads', async () => {
  const backup = await backupOf(both.monolith);
  await answered();
  await putBackRows(both.monolith, backup);
  await isMarked();
  await expectNothingLost();
});

it('its rows are put back, from an earlier term', async () => {
  const backup = await backupOf(both.monolith);
  const before = await termOf();
  await both.monolith.test.query(endLeader);
  await until('another leadership', async () => ((await termOf()) > before ? true : undefined));
  await answered();
  await putBackRows(both.monolith, backup);
  await isMarked();
  await expectNothingLost();
});

it('its rows are put back, and another relay leads, which knows of nothing', async () => {
  const backup = await backupOf(both.monolith);
  await answered();
  const other = await both.monolith.database.session();
  try {
    const leading = other.query(`select pg_advisory_lock(${lock})`);
    await until('it is next', async () =>
      (await both.monolith.test.query(`select from pg_locks where locktype = 'advisory' and not granted`))
        .length
        ? true
        : undefined,
    );
    await both.monolith.test.query(endLeader);
    await leading;
    await putBackRows(both.monolith, backup);
  } finally {
    await other.end();
  }
  await isMarked();
  await expectNothingLost();
});

it('what the other side has told before there was a doubt proves nothing', async () => {
  const store = new ContinuityStore(both.monolith.database, 'parcels');
  const [asked, told] = [await store.read(), (await both.controls.extracted.state()).standpoint];
  expect(asked.proven).toBe(true);
  await store.unprove();
  expect(await store.conclude(asked, told)).toBeNull();
  expect((await store.conclude(await store.read(), told))?.proven).toBe(true);
});
