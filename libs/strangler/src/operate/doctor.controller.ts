import { Controller, Get, Inject, Query, UseInterceptors } from '@nestjs/common';
import { Maybe } from '../contract/fields.js';
import { Length } from 'class-validator';
import type { Operator } from '../control/commands/operator.js';
import type { Finding } from '../control/terms/views.js';
import { Schema } from '../contract/schema.js';
import { OPERATOR } from './operator-token.js';
import { RefusalsInterceptor } from './refusals.interceptor.js';

class DoctorQuery {
  @Maybe() @Length(1, 100) module?: string;
}

/** `GET /doctor`: what is stuck, in all modules or in one (`?module=`). */
@Controller('doctor')
@UseInterceptors(RefusalsInterceptor)
export class DoctorController {
  constructor(@Inject(OPERATOR) private readonly operator: Operator) {}

  @Get()
  async findings(@Query() query: object): Promise<{ items: Finding[] }> {
    return { items: await this.operator.doctor(Schema.of(DoctorQuery).parse(query).module) };
  }
}
