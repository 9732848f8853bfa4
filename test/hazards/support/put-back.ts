import type { Finding } from 'nestjs-strangler';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
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

  /** `of`: the side whose files are to be put back. `env`: what the programs find other than usual. */
  static async open(of: Side, env: Record<string, string> = {}): Promise<PutBack> {
    const postgres = await startPostgres();
    const setting = of === 'monolith' ? 'DATABASE_URL' : 'INVENTORY_DATABASE_URL';
    const scene = await Scene.open({ [setting]: postgres.database('put_back'), ...env });
    return new PutBack(postgres, scene, await Client.register(scene.shop.url));
  }

  async close(): Promise<void> {
    await this.scene.close();
    await this.postgres.stop();
  }

  /** The one command that doctor names. */
  async rejoin(): Promise<void> {
    expect(await this.remedy('was put back')).toContain('rejoin inventory');
    const { status, body } = await this.scene.act('rejoin');
    expect({ status, detail: body.detail }).toEqual({ status: 202, detail: undefined });
  }

  /** What doctor says of a problem, once it has found it. */
  async remedy(problem: string): Promise<string> {
    const found = await until(`doctor names it: ${problem}`, async () =>
      (await this.scene.get<{ items: Finding[] }>('/doctor?module=inventory')).body.items.find((each) =>
        each.problem.includes(problem),
      ),
    );
    return found.remedy;
  }

  /** What is kept outside of the database is gone. */
  async loseWitness(side: Side): Promise<void> {
    const [row] = await this.scene.on<{ id: string }>(side, 'select strangler.database_id() as id');
    const base = join(process.env['XDG_STATE_HOME'] as string, 'strangler', row!.id);
    await rm(`${base}.inventory`);
    await rm(`${base}.inventory.epoch`, { force: true });
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
