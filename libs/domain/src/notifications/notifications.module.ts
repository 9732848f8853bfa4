import { notifications } from '#contracts';
import type { MailServerSettings } from '#platform';
import { StranglerModule } from 'nestjs-strangler';
import { Module, type DynamicModule } from '@nestjs/common';
import { MailSender } from './mail-sender.js';
import { MailServerToken } from './mail-server.js';
import { MailRow } from './mail.entity.js';
import { Mails } from './mails.js';
import { NotificationsService } from './notifications.service.js';
import { PersonRow } from './person.entity.js';
import { SmtpServer } from './smtp-server.js';

/** Tells people by mail what has happened. */
@Module({})
export class NotificationsModule {
  /** `server`: hands them over; without one they stay in the outbox, and the log says that there is one. */
  static through(server: MailServerSettings | undefined): DynamicModule {
    return {
      module: NotificationsModule,
      imports: [
        StranglerModule.forFeature(notifications, NotificationsService, {
          tables: [MailRow, PersonRow],
          routingKey: 'user_id',
          providers: [
            Mails,
            MailSender,
            { provide: MailServerToken, useFactory: () => server && new SmtpServer(server) },
          ],
        }),
      ],
    };
  }
}
