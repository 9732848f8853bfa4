import { Maybe, Nested } from 'nestjs-strangler/contract';
import type { RouteAnswer, RouteHistoryEntry, RouteMismatch, RouteStatus } from 'nestjs-strangler';
import {
  Actor,
  assertUnderstood,
  Gates,
  limitIn,
  MismatchesBody,
  nearest,
  PlainBody,
  reader,
  RefusalsInterceptor,
  Rises,
  Shares,
  ShiftBody,
  SteeringBody,
  Time,
  type BodyReader,
} from 'nestjs-strangler/internal';
import {
  Body,
  Controller,
  Get,
  HttpCode,
  Inject,
  NotFoundException,
  Param,
  Post,
  Query,
  Req,
  UseInterceptors,
} from '@nestjs/common';
import type { Request } from 'express';
import type { RouteAction } from './actions.js';
import { RouteOperator } from './route-operator.js';

class RunSettings {
  @Shares() @Rises() ramp?: number[];
  @Time() bake?: string;
  @Maybe() @Nested(() => Gates) gates?: Gates;
  @Shares() approve?: number[];
}

class RunBody extends SteeringBody {
  @Maybe() @Nested(() => RunSettings) settings?: RunSettings | null;
}

const plain = (verb: 'approve' | 'pause' | 'resume' | 'abort'): BodyReader<RouteAction> =>
  reader(PlainBody, () => ({ verb }));

const readers: Readonly<Record<RouteAction['verb'], BodyReader<RouteAction>>> = {
  run: reader(RunBody, ({ settings, write }) => ({
    verb: 'run',
    settings: settings ?? undefined,
    write: write ?? undefined,
  })),
  advance: reader(SteeringBody, ({ write }) => ({ verb: 'advance', write: write ?? undefined })),
  approve: plain('approve'),
  shift: reader(ShiftBody, ({ percent, write }) => ({ verb: 'shift', percent, write: write ?? undefined })),
  pause: plain('pause'),
  resume: plain('resume'),
  abort: plain('abort'),
  rollback: reader(SteeringBody, ({ write }) => ({ verb: 'rollback', write: write ?? undefined })),
  mismatches: reader(MismatchesBody, ({ clear }) => ({ verb: 'mismatches', clear })),
};

/**
 * The routes' part of a gateway's admin API (port 3002), in the form of that of modules: `GET /routes`, `/routes/%2Freports`,
 * `…/history`, `…/mismatches`, `POST …/shift`. Who may use it is the application's affair: it brings the guard, and the form of errors.
 */
@Controller('routes')
@UseInterceptors(RefusalsInterceptor)
export class RoutesController {
  constructor(@Inject(RouteOperator) private readonly operator: RouteOperator) {}

  @Get()
  async list(): Promise<{ items: RouteStatus[] }> {
    return { items: await this.operator.routes() };
  }

  @Get(':route')
  status(@Param('route') route: string): Promise<RouteStatus> {
    return this.operator.route(route);
  }

  @Get(':route/history')
  async history(
    @Param('route') route: string,
    @Query() query: object,
  ): Promise<{ items: RouteHistoryEntry[] }> {
    return { items: await this.operator.history(route, limitIn(query)) };
  }

  @Get(':route/mismatches')
  async mismatches(@Param('route') route: string): Promise<{ items: RouteMismatch[] }> {
    return { items: await this.operator.mismatches(route) };
  }

  @Post(':route/:verb')
  @HttpCode(200)
  async act(
    @Param('route') route: string,
    @Param('verb') verb: string,
    @Body() body: unknown,
    @Actor() actor: string,
    @Req() request: Request,
  ): Promise<RouteAnswer> {
    assertUnderstood(request);
    const verbs = Object.keys(readers);
    if (!Object.hasOwn(readers, verb)) {
      throw new NotFoundException(`a route has no verb ${verb}${nearest(verb, verbs)}`);
    }
    const { action, dryRun } = readers[verb as RouteAction['verb']](body ?? {});
    return this.operator.act(route, action, { actor, dryRun });
  }
}
