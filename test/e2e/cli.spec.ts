import { UnknownModuleError, type Action, type RowDifference } from 'nestjs-strangler';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adminLogin, openAdmin, type AdminListener } from '../support/admin.js';
import { runCli, startCli } from '../support/run-cli.js';
import { packageVersion } from '#platform';
import { ScriptedOperator } from '../support/scripted-operator.js';
import { entry, event, lag, webhook } from '../support/standing.js';
import { until } from '../support/until.js';

const newOperator = () => new ScriptedOperator('users', 'inventory');
const operator = newOperator();
let admin: AdminListener;
let env: Record<string, string>;

beforeAll(async () => {
  admin = await openAdmin(operator);
  env = {
    ADMIN_URL: `${admin.url}/`,
    SHOP_URL: admin.shopUrl,
    ADMIN_EMAIL: adminLogin.email,
    ADMIN_PASSWORD: adminLogin.password,
  };
});
beforeEach(() => Object.assign(operator, newOperator()));
afterAll(() => admin.close());

const cli = (...args: string[]) => runCli(args, env);
const act = (action: Action, dryRun = false) => ({
  module: 'inventory',
  action,
  actor: adminLogin.email,
  dryRun,
});

describe('sagas', () => {
  const id = '0190b5a0-7d2e-7cc3-98c4-dc0c0c07398f';
  const steps = ['reserve', 'charge', 'commit'].map((name) => ({ name, kind: 'call' as const }));
  beforeEach(() => {
    operator.openSagas = [
      {
        ...{
          id,
          process: 'place',
          key: 'A',
          requestId: 'r-7',
          status: 'waiting',
          step: 1,
          stepName: 'charge',
        },
        ...{
          attempts: 6,
          error: null,
          createdAt: '2026-01-01T00:00:00.000Z',
          dueAt: '2026-01-01T00:05:00.000Z',
        },
        ...{ stuck: true, version: 9, side: 'monolith', definition: { process: 'place', steps, pivot: 1 } },
      },
    ];
  });

  it('are listed, those that do not get on by themselves, and one is shown with what it waits for', async () => {
    operator.statuses.delete('users');
    expect((await cli('sagas', '--stuck')).stdout).toMatch(
      /0190b5a0\S+ +inventory\.place +A +monolith +waiting +1 charge +6 .* stuck/,
    );
    operator.openSagas = operator.openSagas.map((saga) => ({ ...saga, stuck: false }));
    expect((await cli('sagas', '--stuck')).stdout).toBe('no saga is stuck; on their way: 1\n');
    const { stdout } = await cli('sagas', 'show', id);
    expect(stdout).toMatch(/→ +1\. charge/);
    expect(stdout).toContain(
      'it waits for step 1 charge, failed 6 times; taken up at 2026-01-01T00:05:00.000Z',
    );
    expect(await cli('sagas', 'show', id.replace('0190', '0191'))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('there is no saga 0191b5a0'),
    });
  });

  it('of a side that cannot be asked none is listed, and that is said', async () => {
    operator.statuses.delete('users');
    operator.openSagas = [];
    operator.silent = [{ module: 'inventory', side: 'extracted', why: 'nobody answers' }];
    const missing =
      'inventory could not be asked on the side extracted, so nothing of it is here: nobody answers';
    expect((await cli('sagas')).stdout).toBe(`${missing}\nno saga is on its way\n`);
    expect((await cli('sagas', 'show', id)).stderr).toContain(
      `there is no saga ${id}, unless one is where nobody could be asked: inventory on the side extracted (nobody answers)`,
    );
  });

  it.each(['show', 'retry', 'compensate'])('%s of what is no id makes no sense', async (verb) => {
    expect(await cli('sagas', verb, 'nonsense')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('nonsense is no id of a saga: sagas has them'),
    });
  });

  it.each(['inventory', 'shwo'])('that of %s is nothing, and what there is is said', async (word) => {
    const says = /sagas lists those of all modules; sagas show\|retry\|compensate <id> is for one/;
    expect(await cli('sagas', word)).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(says),
    });
  });

  it('are steered in their module, with the reason', async () => {
    operator.statuses.delete('users');
    const { code } = await cli('sagas', 'compensate', id, '--reason', 'he has called');
    expect(code).toBe(0);
    expect(operator.acts).toEqual([
      act({ verb: 'sagas', how: 'compensate', ids: [id], reason: 'he has called' }),
    ]);
  });
});

describe('what changes something', () => {
  it.each<[string[], Action]>([
    [['run', 'inventory'], { verb: 'run' }],
    [
      ['run', 'inventory', '--ramp', '25,50', '--bake', '0s', '--min-samples', '0'],
      { verb: 'run', settings: { ramp: [25, 50], bake: '0s', gates: { minSamples: 0 } } },
    ],
    [['advance', 'inventory'], { verb: 'advance' }],
    [['approve', 'inventory'], { verb: 'approve' }],
    [['run', 'inventory', '--write'], { verb: 'run', write: true }],
    [['advance', 'inventory', '--write'], { verb: 'advance', write: true }],
    [['shift', 'inventory', '25', '--write'], { verb: 'shift', percent: 25, write: true }],
    [['rollback', 'inventory', '--write'], { verb: 'rollback', write: true }],
    [['shift', 'inventory', '25'], { verb: 'shift', percent: 25 }],
    [['pause', 'inventory'], { verb: 'pause' }],
    [['resume', 'inventory'], { verb: 'resume' }],
    [['abort', 'inventory'], { verb: 'abort' }],
    [['rollback', 'inventory'], { verb: 'rollback' }],
    [['rollback', 'inventory', '--to', 'shadow'], { verb: 'rollback', to: 'shadow' }],
    [['verify', 'inventory', '--no-wait', '--repair'], { verb: 'verify', repair: true }],
    [['failover', 'inventory', '--i-have-fenced-it'], { verb: 'failover', iHaveFencedIt: true }],
    [
      ['decommission', 'inventory', '--confirm', 'inventory', '--purge'],
      { verb: 'decommission', confirm: 'inventory', purge: true },
    ],
    [
      ['quarantined', 'inventory', '--retry', '17', '18'],
      { verb: 'quarantined', how: 'retry', ids: [17, 18] },
    ],
    [['mismatches', 'inventory', '--clear'], { verb: 'mismatches', clear: true }],
    [['parked', 'inventory', '--discard', '17'], { verb: 'quarantined', how: 'discard', ids: [17] }],
  ])('%j', async (args, action) => {
    const text = await cli(...args);
    expect(text).toMatchObject({ code: 0, stderr: '' });
    expect(text.stdout).toMatch(/1\. first this\n +2\. then that/);
    const dry = await cli(...args, '--dry-run', '--json');
    expect(dry).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(dry.stdout)).toMatchObject({ verb: action.verb, dryRun: true });
    expect(operator.acts).toEqual([act(action), act(action, true)]);
  });

  it('a plan is a run that does nothing', async () => {
    expect((await cli('plan', 'inventory')).stdout).toContain('dry run: nothing is done');
    expect(operator.acts).toEqual([act({ verb: 'run' }, true)]);
  });

  it('what is refused is said with its reason, and nothing else', async () => {
    operator.refusal = 'inventory: strangler.yaml, line 7 steers it';
    const message = `refused: ${operator.refusal}`;
    expect(await cli('run', 'inventory')).toEqual({ code: 1, stdout: '', stderr: `${message}\n` });
    const { code, stdout, stderr } = await cli('run', 'inventory', '--json');
    expect([code, stdout, JSON.parse(stderr)]).toEqual([1, '', { error: { message, exitCode: 1 } }]);
  });

  it('a failover can be looked at before it is promised that it is safe', async () => {
    expect((await cli('failover', 'inventory', '--dry-run')).code).toBe(0);
    expect(operator.acts).toEqual([act({ verb: 'failover', iHaveFencedIt: false }, true)]);
  });

  it.each([
    [['shift', 'inventory', '101'], /whole number from 0 to 100/],
    [['shift', 'inventory'], /missing required argument 'percent'/],
    [['shift', 'inventory', '2.5'], /whole number/],
    [['run'], /missing required argument 'module'/],
    [['run', 'inventory', 'orders'], /too many arguments/],
    [['run', 'inventory', '--force'], /unknown option '--force'/],
    [['frobnicate'], /unknown command/],
    [['advnace', 'inventory'], /Did you mean advance/],
    [[], /Usage:/],
    [['rollback', 'inventory', '--to', 'nowhere'], /Allowed choices are monolith/],
    [['failover', 'inventory'], /--i-have-fenced-it/],
    [['decommission', 'inventory'], /--confirm inventory/],
    [['decommission', 'inventory', '--confirm', 'users'], /--confirm inventory/],
    [['parked', 'inventory', '--retry', '1', '--discard', '2'], /cannot be used with/],
    [['parked', 'inventory', '--retry', 'x'], /whole number/],
    [['status', '--wait-for', 'extracted'], /takes a module/],
    [['verify', 'inventory', '--last', '--repair'], /cannot be used with/],
    [['verify', 'inventory', '--last', '--dry-run'], /cannot be used with/],
  ])('%j makes no sense', async (args, says) => {
    const { code, stdout, stderr } = await cli(...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(says);
    const json = await cli(...args, '--json');
    if (args.length > 0) expect(JSON.parse(json.stderr)).toMatchObject({ error: { exitCode: 2 } });
    expect(operator.acts).toEqual([]);
  });

  it('the version is that of the package', async () => {
    const { stdout } = await cli('--version');
    expect(stdout.trim()).toBe(packageVersion());
  });
});

describe('webhooks', () => {
  beforeEach(() => {
    operator.receivers = [
      webhook,
      { ...webhook, name: 'chat', url: null, state: 'up', problem: null, delivered: null },
    ];
  });

  it('are listed, or one of them', async () => {
    const { code, stdout } = await cli('webhooks');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^NAME +URL +STATE +WAITING +FAILED +LAST DELIVERED +NEXT TRY +PROBLEM\n/);
    expect(stdout).toMatch(
      /pager +https:\/\/pager\.example\/hooks +failing +1,234 +1 +2026\S+, entry 17 +2026\S+ +it answers 503/,
    );
    expect(stdout).toMatch(/chat +in no settings of this process +up /);
    const one = await cli('webhooks', 'pager', '--json');
    expect(JSON.parse(one.stdout)).toEqual({ items: [webhook] });
    operator.receivers = [];
    expect((await cli('webhooks')).stdout).toBe('no webhook is set\n');
  });

  it('one is called now, or it is said what that would do', async () => {
    const { code, stdout } = await cli('webhooks', 'pager', '--resend');
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^pager: resend\n +1\. call it/)]);
    await cli('webhooks', 'pager', '--resend', '--dry-run');
    const by = { name: 'pager', actor: adminLogin.email };
    expect(operator.resent).toEqual([
      { ...by, dryRun: false },
      { ...by, dryRun: true },
    ]);
    operator.refusal = 'it is gone';
    expect(await cli('webhooks', 'pager', '--resend')).toMatchObject({
      code: 1,
      stderr: 'refused: it is gone\n',
    });
  });

  it.each([
    [['webhooks', 'pagr'], 1, /^there is no webhook pagr; did you mean pager\?/],
    [['webhooks', 'pagr', '--resend'], 1, /^there is no webhook pagr; did you mean pager\?/],
    [['webhooks', '--resend'], 2, /^--resend goes with a name/],
    [['webhooks', 'pager', '--dry-run'], 2, /^--dry-run goes with --resend/],
  ])('%j is refused', async (args, code, stderr) => {
    expect(await cli(...args)).toMatchObject({ code, stderr: expect.stringMatching(stderr) as string });
  });
});

describe('events', () => {
  const stock = () => {
    operator.statuses.set('stock', operator.statuses.get('inventory')!);
    operator.eventList = { items: [event], subscribers: [lag] };
  };
  const by = (action: Action, dryRun = false) => ({
    ...{ module: 'stock', action, actor: adminLogin.email, dryRun },
  });

  it('are listed, by what is asked for, with who is behind', async () => {
    stock();
    const asked = ['--state', 'failed', '--subscriber', 'mails', '--key', 'A', '--limit', '5'];
    const { code, stdout, stderr } = await cli('events', 'list', 'stock', ...asked);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('stock → mails');
    expect(stdout).toMatch(/is 1 min 1 s behind, 2 to do +1 keys? held by a failed event/);
    expect(stdout).toMatch(/stock\.sold +A +3 +mails +failed +10 +internal: no/);
    expect(operator.questions).toEqual([
      { module: 'stock', state: 'failed', subscriber: 'mails', key: 'A', limit: 5 },
    ]);
    expect(JSON.parse((await cli('events', 'list', '--json')).stdout)).toEqual({
      ...operator.eventList,
      silent: [],
    });
  });

  it('those of a side that cannot be asked are missing, and that is said', async () => {
    stock();
    operator.silent = [{ module: 'stock', side: 'monolith', why: 'no answer in time' }];
    expect((await cli('events', 'list')).stdout).toMatch(
      /^stock could not be asked on the side monolith, so nothing of it is here: no answer in time\n/,
    );
    expect((await cli('events', 'show', event.id.replace('1', '2'))).stderr).toContain(
      'or no longer, unless one is where nobody could be asked: stock on the side monolith (no answer in time)',
    );
  });

  it('one is shown', async () => {
    stock();
    const { stdout } = await cli('events', 'show', event.id);
    expect(stdout).toMatch(/event 3 of A[^]*\{"sku":"A"\}[^]*→ mails +failed +tried 10 times +internal: no/);
    expect(await cli('events', 'show', event.id.replace('1', '2'))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('there is no event') as string,
    });
  });

  it('are sent again, put away, and replayed', async () => {
    stock();
    const of = { event: event.id, subscriber: 'mails' };
    for (const verb of ['resubmit', 'discard'] as const) {
      const { code, stdout } = await cli('events', verb, event.id, '--subscriber', 'mails');
      expect([code, stdout]).toEqual([0, expect.stringMatching(/1\. first this/)]);
      expect(operator.acts.pop()).toEqual(by({ verb, ...of }));
    }
    const from = '2026-03-01T08:00:00.000Z';
    await cli('events', 'replay', 'stock', '--subscriber', 'mails', '--from', from, '--dry-run');
    expect(operator.acts).toEqual([by({ verb: 'replay', subscriber: 'mails', from }, true)]);
  });

  it.each([
    [['events', 'list', '--state', 'dead'], /Allowed choices are published/],
    [['events', 'resubmit', event.id], /required option '--subscriber/],
    [['events', 'resubmit', 'nonsense', '--subscriber', 'mails'], /is no id of an event/],
    [['events', 'show', 'nonsense'], /is no id of an event/],
    [['events', 'list', '--since', 'yesterday'], /A time is expected/],
  ])('%j makes no sense', async (args, says) => {
    const { code, stderr } = await cli(...args);
    expect([code, stderr]).toEqual([2, expect.stringMatching(says)]);
  });
});

describe('what only looks', () => {
  it.each<[string[], RegExp, () => object]>([
    [['status'], /users +monolith/, () => ({ items: [...operator.statuses.values()] })],
    [['status', 'inventory'], /rollback +loses nothing/, () => operator.statuses.get('inventory')!],
    [['history', 'inventory'], /advance/, () => ({ items: operator.entries })],
    [['history'], /advance/, () => ({ items: operator.entries })],
    [['mismatches', 'inventory'], /no answers have differed/, () => ({ items: [] })],
    [['parked', 'inventory'], /too large/, () => ({ items: operator.quarantinedRows })],
    [['boundaries', 'inventory'], /orders: commit, release, reserve/, () => ({})],
  ])('%j', async (args, says, body) => {
    operator.entries = [entry(1)];
    const row = { id: 7, table: 'items', pk: ['A'], key: 'A', reason: 'too large', at: 'then' };
    operator.quarantinedRows = [{ ...row, side: 'monolith' }];
    const [text, json] = await Promise.all([cli(...args), cli(...args, '--json')]);
    expect([text.code, json.code]).toEqual([0, 0]);
    expect(text.stdout).toMatch(says);
    expect(text.stdout).not.toContain('\x1b');
    expect(JSON.parse(json.stdout)).toMatchObject(body());
    expect(operator.acts.filter(({ dryRun }) => !dryRun)).toEqual([]);
  });

  it('help is there without a shop, with examples', async () => {
    const { code, stdout } = await runCli(['shift', '--help'], { ADMIN_PORT: 'wrong' });
    expect(code).toBe(0);
    expect(stdout).toContain('shift parcels 25');
  });

  it('a doctor who finds something says so by the exit code too', async () => {
    expect(await cli('doctor')).toEqual({ code: 0, stdout: 'nothing is stuck\n', stderr: '' });
    const finding = {
      module: 'users',
      problem: 'stuck',
      meaning: 'waits',
      remedy: 'free it',
      repairable: true,
    };
    operator.findings = [finding];
    const { code, stdout } = await cli('doctor', '--json');
    expect([code, JSON.parse(stdout)]).toEqual([1, { items: [finding] }]);
    expect((await cli('doctor', '--repair')).code).toBe(0);
    expect(operator.acts).toEqual([{ ...act({ verb: 'doctor', repair: true }), module: 'users' }]);
    operator.findings = [{ ...finding, repairable: false }];
    expect((await cli('doctor', '--repair')).code).toBe(1);
    expect(operator.acts).toHaveLength(1);
    operator.findings = [{ ...finding, module: null, repairable: false, byItself: true }];
    expect(await cli('doctor')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('all modules  stuck'),
    });
  });
});

describe('waiting', () => {
  const extracted = { phase: 'extracted', percent: null } as const;
  const going = { wanted: { ...extracted, by: 'operator' } } as const;

  it('for what was begun ends when the module is there', async () => {
    operator.goal = extracted;
    operator.onAct = () => operator.put('inventory', going);
    const running = cli('run', 'inventory', '--wait');
    await until('it has begun', () => (operator.acts.length > 0 ? true : undefined));
    operator.put('inventory', { phase: 'extracted', percent: 100 });
    const { code, stdout } = await running;
    expect([code, stdout]).toEqual([0, expect.stringContaining('inventory: done, in phase extracted')]);
    const { stdout: json } = await cli('run', 'inventory', '--wait', '--json');
    expect(JSON.parse(json)).toMatchObject({ verb: 'run', goal: extracted, status: { phase: 'extracted' } });
  });

  it('ends when the module has gone back by itself, with the reason', async () => {
    operator.goal = extracted;
    operator.onAct = () => operator.put('inventory', going);
    const running = startCli(['run', 'inventory', '--wait'], env);
    await until('it waits', () => (running.stderr().includes('inventory') ? true : undefined));
    const back = { phase: 'shadow', percent: null, by: 'operator' } as const;
    operator.put('inventory', { phase: 'shadow', wanted: back, waitingFor: 'returned by itself: errors' });
    const { code, stderr } = await running.ended;
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/goes elsewhere now: .*returned by itself: errors/),
    ]);
  });

  // That the controller names a goal for each of them is shown in controller.spec.
  it('each of them takes a time-out', async () => {
    operator.goal = { phase: 'shadow', percent: null };
    operator.put('inventory', { waitingFor: 'it waits for 3 more samples' });
    const verbs = [
      ['run'],
      ['advance'],
      ['approve'],
      ['rollback'],
      ['abort'],
      ['resume'],
      ['shift', '30'],
      ['failover', '--i-have-fenced-it'],
      ['decommission', '--confirm', 'inventory'],
    ] as const;
    const ended = verbs.map(async ([verb, ...more]) => {
      const { code, stderr } = await cli(verb, 'inventory', ...more, '--wait', '--timeout', '1');
      return [verb, code, stderr];
    });
    const late = expect.stringMatching(/not done after 1 s, it goes on: .*3 more samples/) as string;
    expect(await Promise.all(ended)).toEqual(verbs.map(([verb]) => [verb, 1, late]));
  });

  it('ends when the module is in the phase', async () => {
    const waiting = startCli(['status', 'inventory', '--wait-for', 'extracted', '--json'], env);
    await until('it waits', () => (waiting.stderr().includes('in phase monolith') ? true : undefined));
    operator.put('inventory', { phase: 'extracted', percent: 100 });
    const { code, stdout } = await waiting.ended;
    expect([code, JSON.parse(stdout)]).toEqual([0, operator.statuses.get('inventory')]);
  });

  it('ends when it takes too long, with what it waits for', async () => {
    operator.put('inventory', { waitingFor: 'it waits for 3 more samples' });
    const { code, stderr } = await cli('status', 'inventory', '--wait-for', 'extracted', '--timeout', '1');
    expect(code).toBe(1);
    expect(stderr).toMatch(/not in phase extracted after 1 s: .*3 more samples/);
  });

  const differing: RowDifference = {
    ...{ table: 'stock_item', pk: ['P-1'], owner: 'monolith', kind: 'differs', fields: ['available'] },
  };

  /** Lets a verify run for some looks, and then end with so many differences. */
  const verifies = (...results: (number | undefined)[]) => {
    let looks = -1;
    operator.onAct = () => (looks = 2);
    operator.onRead = () => {
      if (looks < 0) return;
      const before = operator.statuses.get('inventory')!.verify;
      looks -= 1;
      if (looks >= 0) {
        const running = { done: 2 - looks, total: 2, etaSeconds: 1 };
        return operator.put('inventory', { verify: { ...before, running } });
      }
      const differences = results.shift();
      const ended = { checkedAt: `run ${results.length}`, rows: 100, differences: differences ?? 0 };
      operator.put('inventory', {
        verify: { ...before, ...(differences !== undefined && ended), running: null },
      });
    };
  };

  it('verify waits for its result', async () => {
    verifies(0, 0);
    const text = await cli('verify', 'inventory');
    expect(text).toMatchObject({ code: 0, stdout: 'inventory: 100 rows, the same on both sides\n' });
    expect(text.stderr).toContain('1 of 2 rows');
    const { stdout } = await cli('verify', 'inventory', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ module: 'inventory', rows: 100, differences: 0 });
  });

  it('verify fails when the sides differ, with the rows that do', async () => {
    operator.differingRows = [differing];
    verifies(3, 3);
    const { code, stdout } = await cli('verify', 'inventory');
    expect(code).toBe(1);
    expect(stdout).toContain('3 of them differ');
    expect(stdout).toMatch(/stock_item +P-1 +the row that counts +other values: available\n +the first 1 of/);
    const json = await cli('verify', 'inventory', '--json');
    expect([json.code, JSON.parse(json.stdout)]).toMatchObject([
      1,
      { differences: 3, differing: [differing] },
    ]);
  });

  it('the last result is told without another comparison', async () => {
    const none = await cli('verify', 'inventory', '--last', '--json');
    expect([none.code, none.stdout]).toEqual([1, '']);
    expect(none.stderr).toContain('were not compared yet');
    const { verify } = operator.statuses.get('inventory')!;
    operator.put('inventory', { verify: { ...verify, checkedAt: 'then', rows: 100, differences: 1 } });
    operator.differingRows = [differing];
    const { code, stdout } = await cli('verify', 'inventory', '--last');
    expect([code, stdout]).toEqual([1, expect.stringMatching(/stock_item +P-1/)]);
    operator.put('inventory', { verify: { ...verify, checkedAt: 'then', rows: 100, differences: 0 } });
    expect((await cli('verify', 'inventory', '--last')).code).toBe(0);
    expect(operator.acts).toEqual([]);
  });

  it('verify tells how many rows differ where nobody can say which', async () => {
    verifies(3, 3);
    operator.differences = async () => {
      throw new UnknownModuleError('there is no such thing');
    };
    const { code, stdout } = await cli('verify', 'inventory');
    expect([code, stdout]).toEqual([1, expect.stringContaining('3 of them differ\nwhich: ')]);
    const json = await cli('verify', 'inventory', '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ differences: 3, differing: null });
  });

  it.each([
    [0, 0, /^inventory: 3 rows differed and were repaired\ninventory: 100 rows, the same/],
    [1, 1, /^inventory: 3 rows differed and were repaired\ninventory: 100 rows, 1 of them differ\n/],
  ])('a repair tells how many rows it has mended, and that %d are left', async (left, code, says) => {
    const before = entry(7, { module: 'inventory', action: 'verify', figures: { repaired: 99 } });
    operator.entries = [before];
    verifies(left);
    const reads = operator.onRead;
    operator.onRead = () => {
      reads();
      const figures = { rows: 100, differences: 3 + left, repaired: 3 };
      const isDone = operator.statuses.get('inventory')!.verify.checkedAt !== null;
      if (isDone) operator.entries = [entry(8, { ...before, id: 8, figures }), before];
    };
    const text = await cli('verify', 'inventory', '--repair');
    expect([text.code, text.stdout]).toEqual([code, expect.stringMatching(says)]);
    expect(operator.acts).toEqual([act({ verb: 'verify', repair: true })]);
  });

  it('of a repair before this one nothing is told as of this one', async () => {
    operator.entries = [entry(7, { module: 'inventory', action: 'verify', figures: { repaired: 99 } })];
    verifies(0);
    const { code, stdout } = await cli('verify', 'inventory', '--repair', '--json');
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { differences: 0, differing: [] }]);
    expect(stdout).not.toContain('repaired');
  });

  it('verify does not wait for ever for a run that was stopped', async () => {
    verifies(undefined);
    const { code, stderr } = await cli('verify', 'inventory');
    expect(code).toBe(1);
    expect(stderr).toContain('ended without a result');
  });
});

describe('watching', () => {
  it('prints a line when something changes, until it is stopped', async () => {
    const watching = startCli(['status', '--watch'], env);
    await until('two lines', () => (watching.stdout().split('\n').length === 3 ? true : undefined));
    operator.put('inventory', { degraded: true });
    await until('the change', () => (/inventory .*DEGRADED/.test(watching.stdout()) ? true : undefined));
    watching.signal('SIGINT');
    const { code, stdout } = await watching.ended;
    expect(code).toBe(0);
    expect(stdout.match(/users/g)).toHaveLength(1);
  });

  it('goes on while the shop starts again, and logs in anew', async () => {
    const loginsBefore = admin.logins();
    const watching = startCli(['status', '--watch', '--json'], env);
    await until('a document', () => (watching.stdout().includes('\n') ? true : undefined));
    operator.fault = new Error('restarting');
    await until('the trouble', () => (watching.stderr().includes('answers 500') ? true : undefined));
    operator.fault = undefined;
    await admin.forgetTokens();
    operator.put('inventory', { epoch: 99 });
    await until('newer documents', () => (watching.stdout().includes('"epoch":99') ? true : undefined));
    watching.signal('SIGTERM');
    const { code, stdout, stderr } = await watching.ended;
    expect(code).toBe(0);
    for (const trouble of stderr.trim().split('\n'))
      expect(JSON.parse(trouble)).toMatchObject({ error: { message: expect.any(String) as string } });
    for (const document of stdout.trim().split('\n')) expect(JSON.parse(document)).toHaveProperty('items');
    expect(admin.logins() - loginsBefore).toBe(2);
  });
});

describe('coming in', () => {
  let folder: string;
  beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'cli-'))));
  afterAll(() => rm(folder, { recursive: true }));

  it('uses the account that the shop made', async () => {
    await writeFile(join(folder, 'admin.json'), JSON.stringify(adminLogin));
    const { code } = await runCli(['pause', 'inventory'], {
      ADMIN_URL: admin.url,
      SHOP_URL: admin.shopUrl,
      DATA_DIR: folder,
    });
    expect(code).toBe(0);
    expect(operator.acts).toEqual([act({ verb: 'pause' })]);
  });

  it.each<[string, () => Record<string, string>, RegExp]>([
    [
      'nobody there',
      () => ({ SHOP_URL: 'http://127.0.0.1:1' }),
      /^cannot log in: nothing answers at http:\/\/127.0.0.1:1 .*npm start/,
    ],
    [
      'no admin API',
      () => ({ ADMIN_URL: 'http://127.0.0.1:1' }),
      /^nothing answers at .*npm start.*ADMIN_URL/,
    ],
    [
      'another server',
      () => ({ ADMIN_URL: admin.shopUrl }),
      /^what answers at .* is not the admin API of the shop: see ADMIN_PORT or ADMIN_URL/,
    ],
    ['a wrong password', () => ({ ADMIN_PASSWORD: 'wrong' }), /^not logged in: .*ADMIN_PASSWORD/],
    [
      'no account',
      () => ({ ADMIN_EMAIL: '', ADMIN_PASSWORD: '', DATA_DIR: join(folder, 'none') }),
      /^not logged in: .*admin.json cannot be read \(ENOENT\).*npm start/,
    ],
    ['an old token', () => ({ ADMIN_TOKEN: 'a.b.c' }), /^not logged in: the token is not valid/],
    ['half an account', () => ({ ADMIN_PASSWORD: '' }), /^ADMIN_EMAIL and ADMIN_PASSWORD belong together/],
  ])('%s: one sentence, and what to do', async (_what, change, says) => {
    const { code, stdout, stderr } = await runCli(['status'], { ...env, ...change() });
    expect(code).not.toBe(0);
    expect(stdout).toBe('');
    expect(stderr).toMatch(says);
    expect(stderr.trim()).not.toContain('\n');
  });

  it('a user is no admin', async () => {
    const token = (await admin.authorization('user')).replace('Bearer ', '');
    const { code, stderr } = await runCli(['run', 'inventory'], { ...env, ADMIN_TOKEN: token });
    expect([code, operator.acts]).toEqual([1, []]);
    expect(stderr).toContain('takes the role admin');
  });

  it('there is no such module', async () => {
    const said = { code: 1, stderr: 'there is no module nothing\n' };
    expect(await cli('run', 'nothing')).toMatchObject(said);
    expect(await startCli(['run', 'nothing'], env).ended).toMatchObject(said);
  });
});
