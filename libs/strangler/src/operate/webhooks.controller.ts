import {
  Body,
  Controller,
  Get,
  HttpCode,
  Inject,
  NotFoundException,
  Param,
  Post,
  Req,
  UseInterceptors,
} from '@nestjs/common';
import type { Request } from 'express';
import { PlainBody } from '../control/commands/bodies.js';
import type { Operator } from '../control/commands/operator.js';
import { nearest } from '../control/terms/nearest.js';
import type { ResendAnswer, WebhookView } from '../control/terms/views.js';
import { Schema } from '../contract/schema.js';
import { Actor } from './actor.js';
import { OPERATOR } from './operator-token.js';
import { RefusalsInterceptor } from './refusals.interceptor.js';
import { assertUnderstood } from './request.js';

/** `/webhooks`: who is told of history entries, and how far that is. Who they are is a setting. */
@Controller('webhooks')
@UseInterceptors(RefusalsInterceptor)
export class WebhooksController {
  constructor(@Inject(OPERATOR) private readonly operator: Operator) {}

  @Get()
  async list(): Promise<{ items: WebhookView[] }> {
    return { items: await this.operator.webhooks() };
  }

  @Post(':name/resend')
  @HttpCode(200)
  async resend(
    @Param('name') name: string,
    @Body() body: unknown,
    @Actor() actor: string,
    @Req() request: Request,
  ): Promise<ResendAnswer> {
    assertUnderstood(request);
    const { dryRun } = Schema.of(PlainBody).parse(body ?? {});
    const names = (await this.operator.webhooks()).map((each) => each.name);
    if (!names.includes(name))
      throw new NotFoundException(
        `there is no webhook ${name}${names.length > 0 ? nearest(name, names) : ': none is set'}`,
      );
    return this.operator.resendWebhook(name, { actor, dryRun: dryRun ?? false });
  }
}
