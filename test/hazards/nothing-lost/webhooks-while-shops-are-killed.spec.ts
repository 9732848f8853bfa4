import type { WebhookView } from 'nestjs-strangler';
import { startNats, type TestNats } from '../../support/nats.js';
import { OperatorClient } from '../../support/operator.js';
import { endAllPrograms } from '../../support/programs.js';
import { runCli } from '../../support/run-cli.js';
import { makeSetup, openShop, type ShopSetup } from '../../support/shop.js';
import { until } from '../../support/until.js';
import { WebhookReceiver, webhookSecret } from '../../support/webhook-receiver.js';

/*
 *     shop                    receiver                 another shop, on the same database
 *     writes an entry
 *     sends it                has it
 *     killed                  answers
 *                                                      leads, finds it waiting, sends it: under the same id
 *
 * Whoever dies, and wherever: each entry comes, and one that comes twice is known by its id.
 */
let nats: TestNats;
let setup: ShopSetup;
let receiver: WebhookReceiver;

beforeEach(async () => {
  nats = await startNats();
  receiver = await WebhookReceiver.open();
  setup = await makeSetup(nats.url);
  await setup.steerByHand();
  Object.assign(setup.env, {
    ...{
      WEBHOOKS: `chat=${receiver.url}?key=very-hidden`,
      WEBHOOK_SECRET: webhookSecret,
      LOG_LEVEL: 'debug',
    },
  });
});
afterEach(async () => {
  endAllPrograms();
  await setup.drop();
  await receiver.close();
  await nats.stop();
});

/** A shop, its operator, and what is seen there. */
async function opened() {
  const shop = await openShop(setup);
  const operator = await OperatorClient.of(shop);
  const webhook = async (): Promise<WebhookView | undefined> =>
    (await operator.get<{ items: WebhookView[] }>('/webhooks')).body.items[0];
  const when = (state: WebhookView['state']) =>
    until(`it is ${state}`, async () => ((await webhook())?.state === state ? true : undefined));
  await until('the receiver is known', webhook);
  return {
    ...{ shop, operator, webhook, when },
    nothingWaits: () =>
      until('nothing waits', async () => ((await webhook())?.waiting === 0 ? true : undefined)),
    pause: async (times: number) => {
      for (const verb of Array.from({ length: times }, () => ['pause', 'resume'] as const).flat())
        expect((await operator.act('inventory', verb)).status).toBe(200);
    },
  };
}
const written = async (): Promise<number[]> => {
  const rows = await setup.query<{ id: number }>(
    `select id::int as id from strangler.history where module = 'inventory' order by id`,
  );
  return rows.map(({ id }) => id);
};
const told = () => receiver.received.filter(({ data }) => data.module === 'inventory');

it('killed between its answer and the note: the other process sends the same again, and loses nothing', async () => {
  const dying = await opened();
  const other = await opened();
  let killed = false;
  receiver.judge = async () => {
    if (!killed) await dying.shop.end('SIGKILL');
    killed = true;
    return { status: 204 };
  };
  await other.pause(5);
  await until('it is killed', () => killed || undefined);
  await other.pause(5);
  await other.nothingWaits();

  const [first, again] = told();
  expect(again).toEqual(first);
  expect([...new Set(told().map(({ data }) => data.id))]).toEqual(await written());
  expect(told()).toHaveLength((await written()).length + 1);
  expect(receiver.forged).toEqual([]);
  expect([first!.type, told()[2]!.type]).toEqual(['strangler.pause.done', 'strangler.resume.done']);
});

it('all are killed with entries that wait: whoever starts next tells them; operators see it, and no secret', async () => {
  const before = await opened();
  await receiver.close();
  await before.pause(2);
  await before.when('failing');
  await before.shop.end('SIGKILL');
  await receiver.reopen();

  const { shop, operator, webhook, ...now } = await opened();
  const env = {
    ...{ ADMIN_URL: shop.adminUrl, SHOP_URL: shop.url },
    ...{ ADMIN_EMAIL: setup.env.ADMIN_EMAIL!, ADMIN_PASSWORD: setup.env.ADMIN_PASSWORD! },
  };
  const cli = (...args: string[]) => runCli(args, env);
  expect(await cli('webhooks', 'chat', '--resend')).toMatchObject({ code: 0, stderr: '' });
  await now.nothingWaits();
  expect(told().map(({ data }) => data.id)).toEqual(await written());
  expect(await webhook()).toMatchObject({
    ...{ name: 'chat', url: receiver.url, state: 'up', waiting: 0, failed: 0, problem: null },
    delivered: { entry: receiver.entries.at(-1) },
  });
  const metrics = await (await fetch(`${shop.adminUrl}/metrics`)).text();
  expect(metrics).toContain('strangler_webhook_waiting{webhook="chat"} 0');

  receiver.judge = () => ({ status: 410, body: webhookSecret });
  await now.pause(1);
  await now.when('disabled');
  const listed = await cli('webhooks');
  expect(listed.stdout).toMatch(/^NAME +URL[^]*\nchat .*disabled .* it answers 410 Gone\n$/);
  const doctor = await cli('doctor');
  expect(doctor).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('the webhook chat is disabled') as string,
  });
  const refused = await cli('webhooks', 'chat', '--resend');
  expect([refused.code, refused.stderr]).toEqual([
    1,
    expect.stringMatching(/^refused: chat has answered 410 Gone/),
  ]);

  const rows = await setup.query(
    'select w::text from strangler.webhook w union all select d::text from strangler.webhook_delivery d',
  );
  const answers = [(await operator.get('/webhooks')).body, (await operator.get('/doctor')).body];
  const all = JSON.stringify([rows, answers, listed, doctor, refused, before.shop.output(), shop.output()]);
  expect(all).toContain('410 Gone');
  for (const hidden of [webhookSecret.slice('whsec_'.length), 'very-hidden'])
    expect(all).not.toContain(hidden);
}, 120_000);
