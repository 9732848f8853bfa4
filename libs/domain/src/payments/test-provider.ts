import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { setTimeout as sleep } from 'node:timers/promises';
import { Repository } from 'typeorm';
import { LedgerEntry } from './ledger-entry.entity.js';
import type { PaymentProvider, ProviderCharge, ProviderRefund } from './payment-provider.js';

const failuresOfAnOutage = 2;
const rememberedOrders = 10_000;
const slowMs = 800;
/** No currency (ISO 4217). */
const none = 'XXX';

/** What a statement begins with that writes as whoever owns the order's key, which is its first parameter, and else is refused. */
const asOwner = `with owner as materialized (select strangler.assert_owner('payments', array[$1::text]))`;

/**
 * The built-in provider. Its ledger is a table, so what was taken and returned can be counted; each entry is a statement of its own,
 * as an answer of a real provider is. The ledger moves with its orders: a side that has lost an order's key writes nothing, and the
 * command goes to the new owner. The token decides: `tok_ok` works; `tok_slow` works after 800 ms; `tok_provider_down` works from the
 * third attempt of an order on, as if an outage ended (counted in this process's memory: others, and the next start, count anew);
 * `tok_declined` and any other, as an unknown card, is declined.
 */
@Injectable()
export class TestProvider implements PaymentProvider {
  private readonly attempts = new Map<string, number>();

  constructor(@InjectRepository(LedgerEntry) private readonly ledger: Repository<LedgerEntry>) {}

  async charge(charge: ProviderCharge): Promise<'charged' | 'declined' | 'refunded' | 'unavailable'> {
    switch (charge.token) {
      case 'tok_slow':
        await sleep(slowMs);
        return this.take(charge);
      case 'tok_provider_down':
        return this.isDown(charge.orderId) ? 'unavailable' : this.take(charge);
      case 'tok_ok':
        return this.take(charge);
      default:
        return 'declined';
    }
  }

  async refund({ idempotencyKey, chargeKey, orderId }: ProviderRefund): Promise<'refunded'> {
    // From here on the charge's key is taken, by the charge or by this: none of the two can come in between.
    await this.enter({ orderId, idempotencyKey: chargeKey, kind: 'refund', amount: 0, currency: none });
    await this.ledger.query(
      `${asOwner} insert into payments.provider_ledger (order_id, idempotency_key, kind, amount, currency)
       select order_id, $2, 'refund', amount, currency
       from payments.provider_ledger, owner where order_id = $1::uuid and idempotency_key = $3 and kind = 'charge'
       on conflict (order_id, idempotency_key) do nothing`,
      [orderId, idempotencyKey, chargeKey],
    );
    return 'refunded';
  }

  private async take({ idempotencyKey, orderId, amount }: ProviderCharge): Promise<'charged' | 'refunded'> {
    const { currency } = amount;
    await this.enter({ orderId, idempotencyKey, kind: 'charge', amount: amount.amount, currency });
    const { kind } = await this.ledger.findOneByOrFail({ orderId, idempotencyKey });
    return kind === 'charge' ? 'charged' : 'refunded';
  }

  /** Writes an entry unless there is one under its key. */
  private enter({
    orderId,
    idempotencyKey,
    kind,
    amount,
    currency,
  }: Omit<LedgerEntry, 'createdAt'>): Promise<unknown> {
    return this.ledger.query(
      `${asOwner} insert into payments.provider_ledger (order_id, idempotency_key, kind, amount, currency)
       select $1::uuid, $2, $3, $4::bigint, $5 from owner
       on conflict (order_id, idempotency_key) do nothing`,
      [orderId, idempotencyKey, kind, amount, currency],
    );
  }

  private isDown(orderId: string): boolean {
    const attempt = (this.attempts.get(orderId) ?? 0) + 1;
    this.attempts.set(orderId, attempt);
    // Maps keep the order of insertion, so the first key is the oldest.
    for (const [oldest] of this.attempts) {
      if (this.attempts.size <= rememberedOrders) break;
      this.attempts.delete(oldest);
    }
    return attempt <= failuresOfAnOutage;
  }
}
