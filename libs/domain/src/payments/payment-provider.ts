import type { Money } from '#contracts';

/** Injection token of the {@link PaymentProvider}. */
export const PaymentProviderToken = Symbol('PaymentProvider');

export interface ProviderCharge {
  /** Always the same for one order's charge, so that a repeat after a crash takes nothing more. */
  idempotencyKey: string;
  orderId: string;
  amount: Money;
  /** Stands for the customer's card. */
  token: string;
}

export interface ProviderRefund {
  /** Always the same for one order's refund. */
  idempotencyKey: string;
  /** Key of the charge to be returned, which the provider may have carried out without our knowing. */
  chargeKey: string;
  orderId: string;
}

/**
 * The one place where a real provider plugs in. An answer says what happened for certain; if that is not known (no answer
 * in time), throw: the caller tries again with the same idempotency key.
 */
export interface PaymentProvider {
  /** Whether it acts outside of our database, so that no rollback takes its effects back: true of every real one. */
  readonly external: boolean;
  charge(charge: ProviderCharge): Promise<'charged' | 'declined' | 'unavailable'>;
  /** Returns what the charge took; `refunded` also when it took nothing. */
  refund(refund: ProviderRefund): Promise<'refunded' | 'unavailable'>;
}
