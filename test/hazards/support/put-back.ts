import type { Finding } from '#strangler';
import { startPostgres, type OwnPostgres } from '../../support/own-postgres.js';
import { Client } from '../../support/shop.js';
import { until } from '../../support/until.js';
import { Scene } from './scene.js';

type Side = 'monolith' | 'extracted';

/** A shop, and the PostgreSQL of one of its sides, whose files a test puts back. */
export class PutBack {
  private constructor(
    readonly postgres: OwnPostgres,
    readonly scene: Scene,
    readonly customer: Client,
  ) {}

  /** `of`: the side whose files are to be put back. */
  static async open(of: Side): Promise<PutBack> {
    const postgres = await startPostgres();
    const setting = of === 'monolith' ? 'DATABASE_URL' : 'INVENTORY_DATABASE_URL';
    const scene = await Scene.open({ [setting]: postgres.database('put_back') });
    return new PutBack(postgres, scene, await Client.register(scene.shop.url));
  }

  async close(): Promise<void> {
    await this.scene.close();
    await this.postgres.stop();
  }

  /** The one command that doctor names. */
  async rejoin(): Promise<void> {
    const found = await until('doctor names the command', async () =>
      (await this.scene.get<{ items: Finding[] }>('/doctor?module=inventory')).body.items.find(
        ({ problem }) => problem.includes('was put back'),
      ),
    );
    expect(found.remedy).toContain('rejoin inventory');
    const { status, body } = await this.scene.act('rejoin');
    expect({ status, detail: body.detail }).toEqual({ status: 202, detail: undefined });
  }

  products(side: Side): Promise<object[]> {
    return this.scene.on(
      side,
      'select sku, description, on_hand, received from inventory.stock_item order by sku',
    );
  }

  /** A write by hand, as from psql. */
  rogue(side: Side, sku: string): Promise<object[]> {
    return this.scene.on(side, `update inventory.stock_item set description = 'rogue' where sku = $1`, [sku]);
  }

  /** Both sides confirm each other, and what was there before is copied. */
  async quiet(): Promise<void> {
    await this.scene.until(
      'both sides confirm, and the copy is filled',
      ({ degraded, sides, backfill }) =>
        !degraded &&
        Boolean(sides.extracted?.healthy) &&
        (backfill === null || backfill.done === backfill.total),
    );
  }
}
