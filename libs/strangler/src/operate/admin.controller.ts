import {
  Body,
  Controller,
  Get,
  Inject,
  NotFoundException,
  Param,
  Post,
  Query,
  Req,
  Res,
  UseInterceptors,
} from '@nestjs/common';
import type { Request, Response } from 'express';
import type { ActionAnswer, Operator } from '../control/commands/operator.js';
import type { HistoryEntry, ModuleStatus, RowDifference } from '../control/terms/views.js';
import { Schema } from '../contract/schema.js';
import type { MismatchEntry } from '../calls/shadow/shadow-store.js';
import { commandOf, commands, verbOf, type Action } from '../control/commands/commands.js';
import type { SagaList } from '../control/commands/sagas.js';
import type { ModuleSeries } from '../control/commands/series.js';
import { nearest } from '../control/terms/nearest.js';
import { Actor } from './actor.js';
import { OPERATOR } from './operator-token.js';
import { RefusalsInterceptor } from './refusals.interceptor.js';
import { assertUnderstood, historyIn, idIn, said, seriesIn } from './request.js';

interface Items<T> {
  items: T[];
}

/** The admin API (port 3001). Who may use it is the application's affair: it brings the guard, and the form of errors. */
@Controller('modules')
@UseInterceptors(RefusalsInterceptor)
export class AdminController {
  constructor(@Inject(OPERATOR) private readonly operator: Operator) {}

  @Get()
  async list(): Promise<Items<ModuleStatus>> {
    return { items: await this.operator.modules() };
  }

  @Get(':module')
  status(@Param('module') module: string): Promise<ModuleStatus> {
    return this.operator.module(module);
  }

  @Get(':module/history')
  async history(@Param('module') module: string, @Query() query: object): Promise<Items<HistoryEntry>> {
    const { limit, before } = historyIn(query);
    return { items: await this.operator.history(module, limit, before) };
  }

  @Get(':module/series')
  series(@Param('module') module: string, @Query() query: object): Promise<ModuleSeries> {
    return this.operator.series(module, seriesIn(query));
  }

  @Get(':module/mismatches')
  async mismatches(@Param('module') module: string): Promise<Items<MismatchEntry>> {
    return { items: await this.operator.mismatches(module) };
  }

  @Get(':module/differences')
  async differences(@Param('module') module: string): Promise<Items<RowDifference>> {
    return { items: await this.operator.differences(module) };
  }

  @Get([':module/quarantined', ':module/parked'])
  async quarantined(
    @Param('module') module: string,
  ): Promise<Items<Awaited<ReturnType<Operator['quarantined']>>[number]>> {
    return { items: await this.operator.quarantined(module) };
  }

  @Get(':module/sagas')
  sagas(@Param('module') module: string, @Query() query: object): Promise<SagaList> {
    return this.operator.sagas(module, idIn(query));
  }

  @Post(':module/:verb')
  async act(
    @Param('module') module: string,
    @Param('verb') name: string,
    @Body() body: unknown,
    @Actor() actor: string,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ActionAnswer> {
    assertUnderstood(request);
    const verb = verbOf(name);
    if (!verb) throw new NotFoundException(`there is no verb ${name}${nearest(name, Object.keys(commands))}`);
    const command = commandOf(verb);
    const { dryRun, ...parameters } = said(Schema.of(command.body).parse(body ?? {}));
    const action = { verb, ...parameters } as Action;
    const answer = await this.operator.act(module, action, { actor, dryRun: dryRun ?? false });
    response.status(dryRun || command.atOnce ? 200 : 202);
    return answer;
  }
}
