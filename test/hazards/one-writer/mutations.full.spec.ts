import { Logger } from '@nestjs/common';
import { Ownership } from '#strangler/engine/ownership/ownership';
import { Caller } from '../support/caller.js';
import { check, Ledger } from '../support/ledger.js';
import { fenced, holdFrame, holdStep, toldToWait } from '../support/stories.js';
import type { Counted } from '../support/tally.js';
import { lostReply, Twin } from '../support/twin.js';
import type { TwinSide } from '../support/twin-side.js';

/*
 * What holds the promises is taken out, piece by piece: then the same story must end in what the checker calls wrong. A
 * checker that never finds anything would prove nothing, and a safeguard that nobody misses would be none.
 */
let twin: Twin;
let ledger: Ledger;
let caller: Caller;
const name = 'M-1';

beforeEach(async () => {
  jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
  twin = await Twin.open();
  ledger = new Ledger();
  caller = new Caller(twin, ledger);
});
afterEach(async () => {
  jest.restoreAllMocks();
  await twin.close();
});

/** Replaces a piece of a function in a side's database. @throws when the function has no such piece. */
async function cut({ test }: TwinSide, routine: string, piece: string, by: string): Promise<void> {
  // Not by its name alone: a function of that name, with the parameters of 0.1.0, refuses its processes.
  const [found] = await test.query<{ source: string }>(
    `select pg_get_functiondef(oid) as source from pg_proc
     where pronamespace = 'strangler'::regnamespace and proname = $1 and strpos(prosrc, $2) > 0`,
    [routine, piece],
  );
  if (!found) throw new Error(`strangler.${routine} has no: ${piece}`);
  const { source } = found;
  await test.query(source.replace(piece, by));
}

/** How a story has to end: soundly, or, with the safeguard taken out, in what the checker sees. */
async function expectEnd(mutated: boolean, wrong: RegExp): Promise<void> {
  if (!mutated) return check(twin, ledger);
  expect((await ledger.problems(twin)).join('\n')).toMatch(wrong);
}

const both = [
  ['as it is', false],
  ['taken out', true],
] as const;

describe.each(both)('the fence waits for the writers inside: %s', (_what, mutated) => {
  it('someone has written and not committed when his buckets move', async () => {
    if (mutated) jest.spyOn(Ownership.prototype, 'emptied').mockResolvedValue();
    const session = await twin.monolith.database.session();
    await session.query('begin');
    const { rows } = await session.query<Counted>(
      'insert into tally.counter values ($1, 1, 1) returning name, count, version',
      [name],
    );
    const handing = twin.handOff(100);
    await fenced(twin.monolith, 1);
    const waits = mutated ? undefined : toldToWait(twin, 'gateway');
    const second = caller.add(name);
    await (waits ?? second);
    await session.query('commit');
    ledger.added(rows[0]!, 1, 'psql');
    await Promise.all([second, handing, session.end()]);
    await expectEnd(mutated, /both made version 1/);
  });
});

describe.each(both)('fenced buckets have no owner: %s', (_what, mutated) => {
  it('a caller writes on the old side when the new one owns already', async () => {
    if (mutated)
      await cut(twin.monolith, 'require_owned', 'bucket >= o.fence_from and bucket < o.fence_to', 'false');
    twin.monolith.ack = 'owner';
    const release = holdStep(twin.monolith, 'release');
    const handing = twin.handOff(100);
    await release.reached();
    const waits = mutated ? undefined : toldToWait(twin, 'monolith');
    const first = caller.add(name, { at: 'monolith' });
    await (waits ?? first);
    twin.tell(10_000, ['gateway']);
    await caller.add(name);
    release.letGo();
    await Promise.all([first, handing]);
    await expectEnd(mutated, /both made version 1/);
  });
});

describe.each(both)('rows for buckets that are owned here are refused: %s', (_what, mutated) => {
  it('a chunk that was read before its buckets moved arrives when the new owner has written', async () => {
    if (mutated) {
      const owned = 'exists (select from unnest(p_buckets) bucket where strangler.owned_by(o, bucket))';
      await cut(twin.extracted, 'require_not_owned', owned, 'false');
    }
    await caller.add(name);
    await twin.quiet();
    const caught = holdFrame(twin.extracted, 'chunk');
    await twin.monolith.agent.startCapture({ backfill: true });
    const late = await caught;
    // No controller hands off while rows are copied: the store must not rely on it.
    const { monolith, extracted } = twin.controls;
    expect(await new Ownership(twin.monolith.database).fence('tally', 1, { from: 0, to: 10_000 })).toBe(true);
    expect(await extracted.own({ epoch: 1, extractedBelow: 10_000 })).toBe(true);
    await monolith.release({ epoch: 2, extractedBelow: 10_000 });
    await caller.add(name);
    await late.deliver();
    await caller.look(name);
    await expectEnd(mutated, /version 1 was read after version 2 was told/);
  });
});

describe.each(both)('a batch that comes after a later one is refused: %s', (_what, mutated) => {
  it('a batch is held up, sent again with what came after it, and arrives then', async () => {
    if (mutated) {
      // Two comparisons, of which either finds it out.
      await cut(twin.extracted, 'begin_batch', '(last.term, last.seq) >= (p_term, p_seq)', 'false');
      await cut(twin.extracted, 'begin_batch', '(last.term, last.seq) < (p_after[1], p_after[2])', 'false');
    }
    const caught = holdFrame(twin.extracted, 'rows');
    const first = caller.add(name);
    const late = await caught;
    late.drop();
    await first;
    await caller.add(name);
    await twin.quiet();
    expect(await late.deliver()).toMatchObject({ outcome: mutated ? 'stored' : 'stale' });
    // The new owner compares, too: it does not take over with an old row.
    await twin.handOff(100);
    await caller.look(name);
    await expectEnd(mutated, /only extracted has \(M-1,1,1\)/);
  });
});

describe.each(both)('a command id is claimed: %s', (_what, mutated) => {
  it('the answer is lost, the buckets move, and the command is sent again', async () => {
    const claims = 'perform strangler.assert_owner(p_module, p_keys);';
    if (mutated) {
      for (const side of [twin.monolith, twin.extracted]) {
        await cut(side, 'begin_command', claims, `${claims} return;`);
        // What the look-up has missed is noticed where the claim is written.
        await cut(side, 'claim_keys', 'claimed < cardinality(p_keys)', 'false');
      }
    }
    twin.delivery = async (deliver) => {
      twin.delivery = (pass) => pass();
      await deliver();
      await twin.handOff(100);
      return lostReply(() => Promise.resolve());
    };
    await caller.add(name);
    await twin.quiet();
    await expectEnd(mutated, /1 was acknowledged \(0 more unknown\), and its owner has 2/);
  });
});
