import type { Handlers } from 'nestjs-strangler/contract';
import type {
  EmailChanged,
  MailNoted,
  MailRef,
  notifications,
  OrderTold,
  UserErased,
  UserRegistered,
} from '#contracts';
import { Injectable } from '@nestjs/common';
import { Mails } from './mails.js';
import { emailChangedTo, emailReplaced, orderCancelled, orderConfirmed, welcome } from './texts.js';

/** Which mails what happens calls for. */
@Injectable()
export class NotificationsService implements Handlers<typeof notifications> {
  constructor(private readonly mails: Mails) {}

  async registered({ id, email, imported }: UserRegistered): Promise<void> {
    if (!imported) await this.mails.add(id, email, welcome(id));
  }

  async emailChanged({ id, email, former }: EmailChanged): Promise<void> {
    if (former) await this.mails.add(id, former, emailReplaced(id));
    await this.mails.add(id, email, emailChangedTo(id));
  }

  confirmed(order: OrderTold): Promise<void> {
    return this.mails.add(order.userId, order.customerEmail, orderConfirmed(order));
  }

  cancelled(order: OrderTold): Promise<void> {
    return this.mails.add(order.userId, order.customerEmail, orderCancelled(order));
  }

  erased({ id }: UserErased): Promise<void> {
    return this.mails.erase(id);
  }

  async noted(noted: MailNoted): Promise<MailRef> {
    await this.mails.note(noted);
    return { userId: noted.userId, id: noted.id };
  }
}
