import { Injectable, Logger, NotFoundException } from '@nestjs/common';
import { Cron, CronExpression } from '@nestjs/schedule';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, LessThan, LessThanOrEqual, MoreThan, Repository } from 'typeorm';
import { Page, pageOptions } from '../common/dto/page.dto';
import { addDays } from '../common/utils/dates';
import { NotificationsQueryDto } from './dto/notifications-query.dto';
import { Notification } from './entities/notification.entity';
import { NotificationKind } from './notification-kind.enum';

const KEEP_READ_DAYS = 90;

@Injectable()
export class NotificationsService {
  private readonly logger = new Logger(NotificationsService.name);

  constructor(@InjectRepository(Notification) private readonly notifications: Repository<Notification>) {}

  notify(
    recipientId: number,
    kind: NotificationKind,
    subject: string,
    payload: Record<string, unknown> = {},
    sendAt: Date = new Date(),
  ): Promise<Notification> {
    return this.notifications.save(
      this.notifications.create({ recipientId, kind, subject, payload, sendAt, readAt: null }),
    );
  }

  async findFor(recipientId: number, query: NotificationsQueryDto): Promise<Page<Notification>> {
    const [items, total] = await this.notifications.findAndCount({
      where: {
        recipientId,
        sendAt: LessThanOrEqual(new Date()),
        ...(query.kind && { kind: query.kind }),
        ...(query.unread && { readAt: IsNull() }),
      },
      order: { sendAt: 'DESC', id: 'DESC' },
      ...pageOptions(query),
    });
    return new Page(items, total, query);
  }

  countUnread(recipientId: number): Promise<number> {
    return this.notifications.countBy({
      recipientId,
      readAt: IsNull(),
      sendAt: LessThanOrEqual(new Date()),
    });
  }

  async markRead(id: number, recipientId: number): Promise<Notification> {
    const notification = await this.notifications.findOneBy({ id, recipientId });
    if (!notification) throw new NotFoundException(`Notification ${id} not found`);
    notification.readAt ??= new Date();
    return this.notifications.save(notification);
  }

  async markAllRead(recipientId: number, until: Date = new Date()): Promise<number> {
    const result = await this.notifications.update(
      { recipientId, readAt: IsNull(), sendAt: LessThanOrEqual(until) },
      { readAt: new Date() },
    );
    return result.affected ?? 0;
  }

  async cancelPending(recipientId: number, kind: NotificationKind): Promise<number> {
    const result = await this.notifications.delete({ recipientId, kind, sendAt: MoreThan(new Date()) });
    return result.affected ?? 0;
  }

  @Cron(CronExpression.EVERY_DAY_AT_3AM)
  async purge(): Promise<void> {
    const result = await this.notifications.delete({
      readAt: LessThan(addDays(new Date(), -KEEP_READ_DAYS)),
    });
    this.logger.log(`Purged ${result.affected ?? 0} read notifications`);
  }
}
