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
  /**
   * Always the same for one order's refund, which is asked for more than once: a refund that found nothing to return is not to be
   * answered from memory, for the charge may have come since.
   */
  idempotencyKey: string;
  /** Key of the charge to be returned, which the provider may have carried out without our knowing. */
  chargeKey: string;
  orderId: string;
}

/**
 * The one place where a real provider plugs in. It is called in no transaction, and at times twice at once, for one order with the
 * same keys. An answer says what happened for certain; if that is not known (no answer in time), throw: the caller tries again with
 * the same idempotency key. `signal` ends requests that nobody waits for any more.
 */
export interface PaymentProvider {
  /** `refunded`: its refund came first, so nothing was taken, and nothing will be. */
  charge(
    charge: ProviderCharge,
    signal: AbortSignal,
  ): Promise<'charged' | 'declined' | 'refunded' | 'unavailable'>;
  /**
   * Returns what the charge took; `refunded` also when it took nothing. A charge with that key that comes later takes nothing: of
   * a cancelled order the charge may be on its way still. (With most providers: cancel the payment, and refund it if it is too late
   * for that.)
   */
  refund(refund: ProviderRefund, signal: AbortSignal): Promise<'refunded' | 'unavailable'>;
}
