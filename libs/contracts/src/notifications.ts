import { IsIn, IsInt, Max, Min } from 'class-validator';
import { command, contract, subscription } from 'nestjs-strangler/contract';
import { Id } from 'nestjs-strangler/contract';
import { cancelled, confirmed } from './orders.js';
import { emailChanged, erased, registered } from './users.js';

export const mailKinds = [
  'welcome',
  'order-confirmed',
  'order-cancelled',
  'email-changed',
  'email-replaced',
] as const;
/** `email-changed` goes to the new address, `email-replaced` to the one of before. */
export type MailKind = (typeof mailKinds)[number];

export const outcomes = ['sent', 'refused', 'later'] as const;
/** What came of a try to send a mail. `refused`: nobody will ever take it. `later`: not now, or nobody knows. */
export type MailOutcome = (typeof outcomes)[number];

export class MailRef {
  /** Whom it is for, the routing key. */
  @Id() userId: string;
  @Id() id: string;
}

export class MailNoted extends MailRef {
  /** Which try it was. */
  @IsInt() @Min(1) @Max(1_000) tries: number;
  @IsIn(outcomes) outcome: MailOutcome;
}

/** Tells people by mail what has happened. It hears of that by events; nobody calls it. */
export const notifications = contract('notifications', {
  ownership: 'by-key',
  operations: {
    registered: subscription(registered, { key: ({ id }) => id }),
    emailChanged: subscription(emailChanged, { key: ({ id }) => id }),
    confirmed: subscription(confirmed, { key: ({ userId }) => userId }),
    cancelled: subscription(cancelled, { key: ({ userId }) => userId }),
    /** Nothing is kept of this person, and no mail goes to them any more. */
    erased: subscription(erased, { key: ({ id }) => id }),
    /** Writes down what came of a try. Whoever has made it sends it; nobody else has reason to. */
    noted: command({ input: MailNoted, output: MailRef, key: 'userId' }),
  },
});
