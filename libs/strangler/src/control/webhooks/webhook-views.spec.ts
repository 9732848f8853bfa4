import type { WebhookRow } from './webhook-store.js';
import { resendPlan, webhookFindings, webhookView } from './webhook-views.js';

const row: WebhookRow = {
  ...{
    name: 'chat',
    modules: null,
    outcomes: null,
    gone: null,
    problem: null,
    failingSince: null,
    failingMs: null,
  },
  ...{ nextTryAt: null, deliveredEntry: null, deliveredAt: null, waiting: 0, failed: 0 },
};
const failing: WebhookRow = {
  ...row,
  ...{
    problem: 'it answers 503',
    failingSince: '2026-01-02T03:04:05.000000Z',
    failingMs: 125_000,
    waiting: 3,
  },
};

it.each([
  [row, 'up'],
  [failing, 'failing'],
  [{ ...failing, gone: 'hash' }, 'disabled'],
] as const)('of %o the state is %s', (each, state) => {
  expect(webhookView(each, undefined)).toMatchObject({ state, url: null, delivered: null });
});

it('who fails for more than a minute, or is disabled, is found, with what frees it', () => {
  expect(webhookFindings([row, { ...failing, failingMs: 59_000 }], 'npx strangler')).toEqual([]);
  const found = webhookFindings([failing, { ...failing, name: 'pager', gone: 'hash' }], 'npx strangler');
  expect(found).toMatchObject([
    {
      module: null,
      repairable: false,
      problem: 'the webhook chat has failed for 2 min: it answers 503',
      meaning: expect.stringContaining('3 entries wait'),
      remedy: expect.stringContaining('npx strangler webhooks chat --resend'),
    },
    { problem: 'the webhook pager is disabled: it has answered 410 Gone' },
  ]);
});

it.each([
  [row, []],
  [{ ...row, waiting: 1 }, ['1 entry that waits is tried now']],
  [
    { ...row, waiting: 2, failed: 1 },
    ['2 entries that wait are tried now', '1 that has failed is tried as if new'],
  ],
])('what is sent again of %o: %j', (each, plan) => expect(resendPlan(each)).toEqual({ plan }));

it('nothing is sent again to who is disabled', () => {
  expect(resendPlan({ ...failing, gone: 'hash' })).toMatchObject({
    plan: [],
    refusal: expect.stringMatching(/410 Gone/),
  });
});
