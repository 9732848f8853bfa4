import { Controller, Get, Inject, UseInterceptors } from '@nestjs/common';
import type { Operator } from '../control/commands/operator.js';
import type { ProcessStatus } from '../control/terms/process-status.js';
import { OPERATOR } from './operator-token.js';
import { RefusalsInterceptor } from './refusals.interceptor.js';

/** `GET /process`: what the process is that answers, and what it works with. */
@Controller('process')
@UseInterceptors(RefusalsInterceptor)
export class ProcessController {
  constructor(@Inject(OPERATOR) private readonly operator: Operator) {}

  @Get()
  status(): Promise<ProcessStatus> {
    return this.operator.process();
  }
}
