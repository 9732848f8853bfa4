import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { setTimeout as sleep } from 'node:timers/promises';
import { Repository } from 'typeorm';
import { LedgerEntry } from './ledger-entry.entity.js';
import type { PaymentProvider, ProviderCharge, ProviderRefund } from './payment-provider.js';

const failuresOfAnOutage = 2;
const rememberedOrders = 10_000;
const slowMs = 800;

/**
 * The built-in provider. Its ledger is a table, written in the command's own transaction: what was taken and returned can
 * be counted. The token decides: `tok_ok` works; `tok_slow` works after 800 ms; `tok_provider_down` works from the third
 * attempt of an order on, as if an outage ended (counted in this process's memory: others, and the next start, count anew);
 * `tok_declined` and any other, as an unknown card, is declined.
 */
@Injectable()
export class TestProvider implements PaymentProvider {
  readonly external = false;
  private readonly attempts = new Map<string, number>();

  constructor(@InjectRepository(LedgerEntry) private readonly ledger: Repository<LedgerEntry>) {}

  async charge(charge: ProviderCharge): Promise<'charged' | 'declined' | 'unavailable'> {
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
    await this.ledger.query(
      `insert into payments.provider_ledger (order_id, idempotency_key, kind, amount, currency)
       select order_id, $2, 'refund', amount, currency
       from payments.provider_ledger where order_id = $1 and idempotency_key = $3
       on conflict (order_id, idempotency_key) do nothing`,
      [orderId, idempotencyKey, chargeKey],
    );
    return 'refunded';
  }

  private async take({ idempotencyKey, orderId, amount }: ProviderCharge): Promise<'charged'> {
    await this.ledger.query(
      `insert into payments.provider_ledger (order_id, idempotency_key, kind, amount, currency)
       values ($1, $2, 'charge', $3, $4)
       on conflict (order_id, idempotency_key) do nothing`,
      [orderId, idempotencyKey, amount.amount, amount.currency],
    );
    return 'charged';
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
