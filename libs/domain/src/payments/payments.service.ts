import {
  payments,
  type ByOrder,
  type Charge,
  type Handlers,
  type Money,
  type Payment,
  type PaymentStatus,
  type Refunded,
} from '#contracts';
import { Inject, Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Not, Repository } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { PaymentProviderToken, type PaymentProvider } from './payment-provider.js';
import { paymentOf, PaymentRow } from './payment.entity.js';

/**
 * One payment an order. Charge and refund both begin by writing the payment's row, before the provider is asked: of two
 * calls for the same order, in whatever order they come, the second waits there for the first.
 */
@Injectable()
export class PaymentsService implements Handlers<typeof payments> {
  constructor(
    @InjectRepository(PaymentRow) private readonly rows: Repository<PaymentRow>,
    @Inject(PaymentProviderToken) private readonly provider: PaymentProvider,
  ) {}

  async getPayment({ orderId }: ByOrder): Promise<Payment> {
    const payment = await this.rows.findOneBy({ orderId, status: Not('void') });
    if (!payment) throw payments.error('getPayment', 'not_found', { orderId });
    return paymentOf(payment);
  }

  async charge({ orderId, amount, token }: Charge): Promise<Payment> {
    const opened = await this.open(orderId, 'charged', amount);
    if (!opened) return this.chargedBefore(orderId);
    const outcome = await this.provider.charge({
      idempotencyKey: chargeKey(orderId),
      orderId,
      amount,
      token,
    });
    if (outcome === 'declined') throw payments.error('charge', 'payment_declined');
    if (outcome === 'unavailable') throw payments.error('charge', 'provider_unavailable', { orderId });
    return paymentOf(opened);
  }

  async refund({ orderId }: ByOrder): Promise<Refunded> {
    const ended = (await this.open(orderId, 'void')) ?? (await this.close(orderId));
    if (!ended) return { orderId };
    // Also without a charge in our books: an external provider may have taken the money just before we crashed.
    const outcome = await this.provider.refund({
      idempotencyKey: `${orderId}:refund`,
      chargeKey: chargeKey(orderId),
      orderId,
    });
    if (outcome === 'unavailable') throw payments.error('refund', 'provider_unavailable', { orderId });
    return { orderId };
  }

  /** Writes the order's payment unless it has one. Waits for whoever writes it now. */
  private async open(orderId: string, status: PaymentStatus, money?: Money): Promise<PaymentRow | undefined> {
    const [row] = await this.rows.query<PaymentRow[]>(
      `insert into payments.payment (order_id, id, status, amount, currency) values ($1, $2, $3, $4, $5)
       on conflict (order_id) do nothing
       returning order_id as "orderId", id, status, amount, currency, created_at as "createdAt"`,
      [orderId, uuidv7(), status, money?.amount ?? null, money?.currency ?? null],
    );
    return row;
  }

  /** Marks a charged payment as refunded; false if it was not charged, or not any more. */
  private async close(orderId: string): Promise<boolean> {
    const { affected } = await this.rows.update({ orderId, status: 'charged' }, { status: 'refunded' });
    return affected === 1;
  }

  private async chargedBefore(orderId: string): Promise<Payment> {
    const payment = await this.rows.findOneBy({ orderId, status: 'charged' });
    if (!payment) throw payments.error('charge', 'order_cancelled', { orderId });
    return paymentOf(payment);
  }
}

const chargeKey = (orderId: string): string => `${orderId}:charge`;
