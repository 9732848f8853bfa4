import { Payment, PlaceOrder } from '#contracts';
import { without } from './http/without.js';

/** The customer is the caller: nobody orders for someone else. */
export class PlaceOrderBody extends without(PlaceOrder, 'userId') {}

export class PaymentView extends without(Payment, 'createdAt') {}
