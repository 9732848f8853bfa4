import type { MailKind, Money, OrderTold } from '#contracts';

/** What a mail says, and of what. */
export interface Text {
  kind: MailKind;
  about: string;
  subject: string;
  body: string;
}

export const welcome = (userId: string): Text => ({
  kind: 'welcome',
  about: userId,
  subject: 'Welcome to the shop',
  body: 'You have an account now, with this e-mail. If it was not you who registered, tell us.\n',
});

export const emailChangedTo = (userId: string): Text => ({
  kind: 'email-changed',
  about: userId,
  subject: 'This is your e-mail now',
  body: 'Your account has this e-mail from now on: you log in with it, and we write to it.\n',
});

/** To the address of before. It does not say the new one: who reads this may be somebody else. */
export const emailReplaced = (userId: string): Text => ({
  kind: 'email-replaced',
  about: userId,
  subject: 'Your account has another e-mail',
  body: 'Your account has another e-mail, and we write to this one no more. If it was not you who changed it, tell us at once.\n',
});

export const orderConfirmed = (order: OrderTold): Text => ({
  kind: 'order-confirmed',
  about: order.orderId,
  subject: `Your order ${order.orderId} is confirmed`,
  body: `Your order is paid, and on its way:\n\n${linesOf(order)}`,
});

export const orderCancelled = (order: OrderTold): Text => ({
  kind: 'order-cancelled',
  about: order.orderId,
  subject: `Your order ${order.orderId} is cancelled`,
  body: `This order is cancelled. What was paid is given back.\n\n${linesOf(order)}`,
});

const linesOf = ({ items, total }: OrderTold): string =>
  [
    ...items.map(({ sku, quantity, unitPrice }) => `  ${quantity} × ${sku} at ${money(unitPrice)}\n`),
    `  in all ${money(total)}\n`,
  ].join('');

function money({ amount, currency }: Money): string {
  const words = new Intl.NumberFormat('en', { style: 'currency', currency, currencyDisplay: 'code' });
  const { maximumFractionDigits = 2 } = words.resolvedOptions();
  return words.format(amount / 10 ** maximumFractionDigits).replace('\u00a0', ' ');
}
