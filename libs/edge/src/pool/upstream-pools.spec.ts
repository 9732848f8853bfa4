import { Logger } from '@nestjs/common';
import { until } from '../../../../test/support/until.js';
import { checkPath, TestUpstream } from '../testing/test-upstream.js';
import { defaultRules } from './rules.js';
import { UpstreamPools } from './upstream-pools.js';

const never = { checks: { ...defaultRules.checks, everyMs: 3_600_000 } };
const [a, b, c] = ['http://localhost:1', 'http://localhost:2', 'http://localhost:3'] as const;

beforeAll(() => Logger.overrideLogger(false));

it('the same copies are one pool, in whatever order, and that of the legacy application has its name', () => {
  const pools = new UpstreamPools({ checkPath, rules: never, legacy: [a, b] });
  pools.use([[b, a], [c], [c]]);
  expect(pools.all.map(({ name }) => name)).toEqual(['legacy', 'localhost:3']);
  expect(pools.of([b, a])).toBe(pools.legacy);
  pools.close();
});

it('copies that no route names any more are not checked for ever; those that stay keep what is known of them', async () => {
  const upstream = await TestUpstream.open();
  const rules = { checks: { ...defaultRules.checks, everyMs: 1 } };
  const pools = new UpstreamPools({ checkPath, rules, legacy: [a] });
  pools.use([[upstream.url], [c]]);
  const kept = pools.of([c]);
  await until('it is checked', async () => (upstream.checks > 0 ? true : undefined));
  pools.use([[c]]);
  const checks = upstream.checks;
  await until('others are checked', async () =>
    kept.figures.copies[0]?.healthy === false ? true : undefined,
  );
  expect(upstream.checks - checks).toBeLessThanOrEqual(1);
  expect(pools.all).toEqual([pools.legacy, kept]);
  pools.close();
  await upstream.kill();
});
