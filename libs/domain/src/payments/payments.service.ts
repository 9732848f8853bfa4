import { Events } from 'nestjs-strangler';
import { callDue, type CallDue, type Handlers } from 'nestjs-strangler/contract';
import {
  charged,
  payments,
  refunded,
  type ByOrder,
  type Charge,
  type ChargeTaken,
  type Money,
  type Payment,
  type PaymentStatus,
  type Refunded,
  type ByOrders,
  type FoundPayments,
} from '#contracts';
import { Inject, Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, Not, Repository } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { PaymentProviderToken, type PaymentProvider } from './payment-provider.js';
import { paymentOf, PaymentRow } from './payment.entity.js';

/**
 * One payment an order. Charge and refund are three steps each: a command that says whether the provider is to be called, the
 * call, and a command that writes down what came of it. The row of a refund is there before its call: no charge begins any more,
 * and one that is outside finds it when it comes back.
 */
@Injectable()
export class PaymentsService implements Handlers<typeof payments> {
  constructor(
    @InjectRepository(PaymentRow) private readonly rows: Repository<PaymentRow>,
    @Inject(PaymentProviderToken) private readonly provider: PaymentProvider,
    private readonly events: Events,
  ) {}

  async getPayment({ orderId }: ByOrder): Promise<Payment> {
    const payment = await this.rows.findOneBy({ orderId, status: Not('void') });
    if (!payment) throw payments.error('getPayment', 'not_found', { orderId });
    return paymentOf(payment);
  }

  async getPayments({ orders }: ByOrders): Promise<FoundPayments> {
    const found = await this.rows.findBy({
      orderId: In(orders.map(({ orderId }) => orderId)),
      status: Not('void'),
    });
    return { items: found.map(paymentOf) };
  }

  async charge({ orderId }: Charge): Promise<Payment | CallDue> {
    const payment = await this.rows.findOneBy({ orderId });
    return payment ? requireCharged(payment) : callDue;
  }

  /** Takes the money. @throws {DomainError} when none was taken. */
  async take({ orderId, amount, token }: Charge, signal: AbortSignal): Promise<ChargeTaken> {
    const charge = { idempotencyKey: chargeKey(orderId), orderId, amount, token };
    switch (await this.provider.charge(charge, signal)) {
      case 'charged':
        return { orderId, amount };
      case 'declined':
        throw payments.error('charge', 'payment_declined');
      case 'refunded':
        throw payments.error('charge', 'order_cancelled', { orderId });
      case 'unavailable':
        throw payments.error('charge', 'provider_unavailable', { orderId });
    }
  }

  /** @throws {DomainError} `order_cancelled` when a refund has begun meanwhile: that one returns what was taken. */
  async settleCharge({ orderId, amount }: ChargeTaken): Promise<Payment> {
    const isNew = await this.open(orderId, 'charged', amount);
    const payment = requireCharged(await this.rows.findOneByOrFail({ orderId }));
    if (isNew) this.events.emit(charged, { orderId, paymentId: payment.id, amount });
    return payment;
  }

  /** Its call is always due: that of an earlier refund, or of a charge, may have been lost. */
  async refund({ orderId }: ByOrder): Promise<CallDue> {
    await this.open(orderId, 'void');
    const { affected } = await this.rows.update({ orderId, status: 'charged' }, { status: 'refunded' });
    if (affected === 1) {
      const { id, amount } = paymentOf(await this.rows.findOneByOrFail({ orderId }));
      this.events.emit(refunded, { orderId, paymentId: id, amount });
    }
    return callDue;
  }

  /** Returns what the provider took, or will find to be taken. @throws {DomainError} when that is not certain. */
  async giveBack({ orderId }: ByOrder, signal: AbortSignal): Promise<ByOrder> {
    const refund = { idempotencyKey: `${orderId}:refund`, chargeKey: chargeKey(orderId), orderId };
    const outcome = await this.provider.refund(refund, signal);
    if (outcome === 'unavailable') throw payments.error('refund', 'provider_unavailable', { orderId });
    return { orderId };
  }

  /** The payment's row says it already; that this was answered is kept under the command id. */
  async settleRefund({ orderId }: ByOrder): Promise<Refunded> {
    return Promise.resolve({ orderId });
  }

  /** Writes the order's payment unless it has one; whether it had none. Waits for whoever writes it now. */
  private async open(orderId: string, status: PaymentStatus, money?: Money): Promise<boolean> {
    const rows = await this.rows.query<unknown[]>(
      `insert into payments.payment (order_id, id, status, amount, currency) values ($1, $2, $3, $4, $5)
       on conflict (order_id) do nothing returning id`,
      [orderId, uuidv7(), status, money?.amount ?? null, money?.currency ?? null],
    );
    return rows.length > 0;
  }
}

/** @throws `order_cancelled` when it was refunded, or will not be charged. */
function requireCharged(payment: PaymentRow): Payment {
  const { orderId, status } = payment;
  if (status !== 'charged') throw payments.error('charge', 'order_cancelled', { orderId });
  return paymentOf(payment);
}

/** One an order, whoever asks under which command id: an order is paid once. */
const chargeKey = (orderId: string): string => `${orderId}:charge`;
