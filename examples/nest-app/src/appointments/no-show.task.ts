import { Injectable, Logger } from '@nestjs/common';
import { Cron, CronExpression } from '@nestjs/schedule';
import { HOUR } from '../common/utils/dates';
import { AppointmentsService } from './appointments.service';

const GRACE = 2 * HOUR;

@Injectable()
export class NoShowTask {
  private readonly logger = new Logger(NoShowTask.name);

  constructor(private readonly appointments: AppointmentsService) {}

  @Cron(CronExpression.EVERY_10_MINUTES)
  async run(): Promise<void> {
    const count = await this.appointments.markNoShows(new Date(Date.now() - GRACE));
    if (count > 0) this.logger.log(`Marked ${count} appointments as missed`);
  }
}
