import {
  Controller,
  Get,
  Inject,
  Logger,
  ServiceUnavailableException,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Check } from '#platform';
import { HealthCheckService, HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { Public } from './auth/access.js';
import { refusal } from './errors/problems.js';
import { readinessChecks } from './readiness.js';

/** A check that does not come back within this time, in ms, has failed. */
const patienceMs = 2_000;

/** Is the process alive; may it get requests? */
@Controller({ path: 'health', version: VERSION_NEUTRAL })
@Public()
@ApiExcludeController()
export class HealthController {
  private readonly logger = new Logger(HealthController.name);

  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    @Inject(readinessChecks) private readonly checks: readonly Check[],
  ) {}

  @Get('live')
  live(): { status: string } {
    return { status: 'ok' };
  }

  @Get('ready')
  async ready(): Promise<object> {
    const failed = new Set<string>();
    try {
      const checks = this.checks.map((check) => () => this.run(check, failed));
      const { status, details } = await this.health.check(checks);
      return { status, details };
    } catch (error) {
      if (!(error instanceof ServiceUnavailableException)) throw error;
      const names = this.checks.map(({ name }) => name).filter((name) => failed.has(name));
      throw refusal('unavailable', `not ready: ${names.join(', ')}`);
    }
  }

  private async run(check: Check, failed: Set<string>): Promise<HealthIndicatorResult> {
    const { name } = check;
    const indicator = this.indicators.check(name);
    try {
      await inTime(check.check());
      return indicator.up();
    } catch (error) {
      // The reason is for the log: it can hold addresses.
      this.logger.warn({ msg: 'not ready', check: name, reason: String(error) });
      failed.add(name);
      return indicator.down();
    }
  }
}

async function inTime(work: unknown): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${patienceMs} ms`)), patienceMs);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
