import { Maybe, Nested, type Dto } from '#contracts';
import { Actor, Gates, nearest, RefusalsInterceptor, Rises, Shape, Shares, Time } from '#strangler';
import {
  BadRequestException,
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
  UnsupportedMediaTypeException,
  UseInterceptors,
} from '@nestjs/common';
import { IsBoolean, IsIn, IsInt, Max, Min } from 'class-validator';
import type { Request } from 'express';
import type { RouteAction } from './actions.js';
import { RouteOperator, type RouteAnswer, type RouteMismatch, type RouteStatus } from './route-operator.js';
import type { RouteEntry } from './store.js';

class PlainBody {
  /** Says what would be done, and does nothing. */
  @Maybe() @IsBoolean() dryRun?: boolean | null;
}

class SteeringBody extends PlainBody {
  /** Changes the line of `strangler.yaml` that steers the route. */
  @Maybe() @IsBoolean() write?: boolean | null;
}

class ShiftBody extends SteeringBody {
  @IsInt() @Min(0) @Max(100) percent: number;
}

class MismatchesBody extends PlainBody {
  @IsIn([true]) clear: true;
}

class RunSettings {
  @Shares() @Rises() ramp?: number[];
  @Time() bake?: string;
  @Maybe() @Nested(() => Gates) gates?: Gates;
}

class RunBody extends SteeringBody {
  @Maybe() @Nested(() => RunSettings) settings?: RunSettings | null;
}

class NewestQuery {
  @Maybe() @IsInt() @Min(1) @Max(1_000) limit?: number | null;
}

type Reader = (body: unknown) => { action: RouteAction; dryRun: boolean };

function reader<B extends PlainBody>(dto: Dto<B>, actionOf: (body: B) => RouteAction): Reader {
  return (value) => {
    const body = Shape.of(dto).parse(value);
    return { action: actionOf(body), dryRun: body.dryRun ?? false };
  };
}

const readers: Readonly<Record<RouteAction['verb'], Reader>> = {
  run: reader(RunBody, ({ settings, write }) => ({
    verb: 'run',
    settings: settings ?? undefined,
    write: write ?? undefined,
  })),
  advance: reader(PlainBody, () => ({ verb: 'advance' })),
  shift: reader(ShiftBody, ({ percent, write }) => ({ verb: 'shift', percent, write: write ?? undefined })),
  pause: reader(PlainBody, () => ({ verb: 'pause' })),
  resume: reader(PlainBody, () => ({ verb: 'resume' })),
  rollback: reader(SteeringBody, ({ write }) => ({ verb: 'rollback', write: write ?? undefined })),
  mismatches: reader(MismatchesBody, ({ clear }) => ({ verb: 'mismatches', clear })),
};

/** How much of a history is answered when nothing is said. */
const defaultLimit = 100;

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
  async history(@Param('route') route: string, @Query() query: object): Promise<{ items: RouteEntry[] }> {
    const given = 'limit' in query ? { ...query, limit: Number(query.limit) } : query;
    const { limit } = Shape.of(NewestQuery).parse(given);
    return { items: await this.operator.history(route, limit ?? defaultLimit) };
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

/** `dryRun` in a body that was not read, or in a query, must not look as if it had been understood. */
function assertUnderstood({ headers, body, query }: Request): void {
  const sent = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  if (sent && body === undefined) throw new UnsupportedMediaTypeException('the body has to be JSON');
  const names = Object.keys(query);
  if (names.length > 0) throw new BadRequestException(`this takes no query: ${names.join(', ')}`);
}
