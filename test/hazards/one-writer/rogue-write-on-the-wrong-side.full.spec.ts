import type { Side } from 'nestjs-strangler';
import { until } from '../../support/until.js';
import { Scene } from '../support/scene.js';

/*
 * At 50 % somebody writes with psql, past all code of ours, on either side. What would go wrong: both sides take a write for
 * one key, or a write is stored on one side only.
 */
let scene: Scene;

beforeAll(async () => {
  scene = await Scene.open();
  await scene.goTo('shifting', 50);
});
afterAll(() => scene.close());

const keyOf = (side: Side, whose: 'own' | 'foreign') =>
  scene.one((side === 'extracted') === (whose === 'own') ? 'moves' : 'stays');
const restock = `update inventory.stock_item set on_hand = on_hand + 5, received = received + 5`;
const rows = (side: Side) => scene.on(side, 'select * from inventory.stock_item order by sku');
const arrived = (side: Side, sku: string, description: string) =>
  until(`${side} has heard of ${description}`, async () => {
    const [row] = await scene.on<{ description: string }>(
      side,
      'select description from inventory.stock_item where sku = $1',
      [sku],
    );
    return row?.description === description ? true : undefined;
  });

describe.each<{ side: Side; other: Side }>([
  { side: 'monolith', other: 'extracted' },
  { side: 'extracted', other: 'monolith' },
])('on $side', ({ side, other }) => {
  it('a key of its own is written, and carried over', async () => {
    const sku = keyOf(side, 'own');
    await scene.on(side, 'update inventory.stock_item set description = $2 where sku = $1', [
      sku,
      `by ${side}`,
    ]);
    await arrived(other, sku, `by ${side}`);
  });

  it.each([
    ['an update', () => `${restock} where sku = '${keyOf(side, 'foreign')}'`, 'SR409'],
    ['an update of all rows', () => restock, 'SR409'],
    ['a delete', () => `delete from inventory.stock_item where sku = '${keyOf(side, 'foreign')}'`, 'SR409'],
    [
      'an insert that becomes an update',
      () =>
        `insert into inventory.stock_item (sku, description, price, currency, on_hand, received)
         values ('${keyOf(side, 'foreign')}', 'rogue', 1, 'GBP', 1, 1)
         on conflict (sku) do update set description = excluded.description`,
      'SR409',
    ],
    [
      'one statement for a key of each side',
      () => `${restock} where sku in ('${keyOf(side, 'foreign')}', '${keyOf(side, 'own')}')`,
      'SR409',
    ],
    [
      'a key that becomes another one',
      () => `update inventory.stock_item set sku = 'rogue' where sku = '${keyOf(side, 'own')}'`,
      'SR403',
    ],
    ['a truncate', () => 'truncate inventory.stock_item', 'SR403'],
  ])('%s of what it does not own is refused, and changes nothing', async (_what, sql, code) => {
    const before = await rows(side);
    await expect(scene.on(side, sql())).rejects.toMatchObject({ code });
    expect(await rows(side)).toEqual(before);
  });

  it('inside a transaction that fails for it, what was right is taken back too', async () => {
    const own = keyOf(side, 'own');
    const before = await rows(side);
    const both = `begin; ${restock} where sku = '${own}'; ${restock} where sku = '${keyOf(side, 'foreign')}'; commit`;
    await expect(scene.on(side, both)).rejects.toMatchObject({ code: 'SR409' });
    expect(await rows(side)).toEqual(before);
  });
});

it('afterwards both sides hold the same, and the walk goes on', async () => {
  await scene.goTo('extracted');
  expect(await scene.differences()).toBe(0);
  expect(await rows('monolith')).toEqual(await rows('extracted'));
}, 120_000);
