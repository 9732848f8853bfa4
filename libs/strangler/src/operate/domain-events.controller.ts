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
import { IsIn, IsInt, Length, Matches, Max, Min } from 'class-validator';
import type { Request } from 'express';
import { deliveryStates, type DeliveryState, type EventView } from '../calls/events/event-views.js';
import { Id, Maybe } from '../contract/fields.js';
import { Schema } from '../contract/schema.js';
import { commandOf, type Action } from '../control/commands/commands.js';
import { PlainBody } from '../control/commands/bodies.js';
import { unless } from '../control/terms/silent-side.js';
import { timePattern } from '../control/commands/events.js';
import { nearest } from '../control/terms/nearest.js';
import type { ActionAnswer, EventList, Operator } from '../control/commands/operator.js';
import { Actor } from './actor.js';
import { OPERATOR } from './operator-token.js';
import { RefusalsInterceptor } from './refusals.interceptor.js';
import { assertUnderstood, said } from './request.js';

/** Which deliveries are asked for. */
class EventsQuery {
  @Maybe() @Length(1, 100) module?: string | null;
  @Maybe() @Length(1, 200) type?: string | null;
  @Maybe() @Length(1, 1_000) key?: string | null;
  @Maybe() @Length(1, 100) subscriber?: string | null;
  @Maybe() @IsIn(deliveryStates) state?: DeliveryState | null;
  @Maybe() @Matches(timePattern) since?: string | null;
  @Maybe() @Matches(timePattern) until?: string | null;
  @Maybe() @IsInt() @Min(1) @Max(1_000) limit?: number | null;
}

/**
 * The body of what is done about one delivery.
 *
 * @internal
 */
export class OneDeliveryBody extends PlainBody {
  @Length(1, 100) subscriber: string;
}

/**
 * The body of a replay.
 *
 * @internal
 */
export class ReplayOfModuleBody extends OneDeliveryBody {
  /** Whose events. */
  @Length(1, 100) module: string;
  @Maybe() @Matches(timePattern) from?: string | null;
}

class EventId {
  @Id() id: string;
}

/** How many are answered when nothing is said, and more than one event can have subscribers. */
const defaultLimit = 100;
const mostSubscribers = 1_000;

/** What is done about one delivery, by the last part of the path. */
const repairs = ['resubmit', 'discard'] as const;

/** `/domain-events`: what modules have told, where it is on its way, and what a person does about it. */
@Controller('domain-events')
@UseInterceptors(RefusalsInterceptor)
export class DomainEventsController {
  constructor(@Inject(OPERATOR) private readonly operator: Operator) {}

  @Get()
  list(@Query() query: object): Promise<EventList> {
    const given = 'limit' in query ? { ...query, limit: Number(query.limit) } : query;
    const { limit = defaultLimit, ...question } = said(Schema.of(EventsQuery).parse(given));
    return this.operator.events({ ...question, limit });
  }

  @Get(':id')
  async one(@Param('id') id: string): Promise<{ items: EventView[] }> {
    return { items: await this.deliveriesOf(id) };
  }

  @Post('replay')
  @HttpCode(200)
  async replay(
    @Body() body: unknown,
    @Actor() actor: string,
    @Req() request: Request,
  ): Promise<ActionAnswer> {
    assertUnderstood(request);
    const { module, dryRun = false, ...how } = said(Schema.of(ReplayOfModuleBody).parse(body ?? {}));
    return this.operator.act(
      module,
      { verb: 'replay', ...how },
      {
        actor,
        dryRun,
      },
    );
  }

  @Post(':id/:verb')
  @HttpCode(200)
  async repair(
    @Param('id') id: string,
    @Param('verb') name: string,
    @Body() body: unknown,
    @Actor() actor: string,
    @Req() request: Request,
  ): Promise<ActionAnswer> {
    assertUnderstood(request);
    const verb = repairs.find((each) => each === name);
    if (!verb) throw new NotFoundException(`there is no verb ${name} of an event${nearest(name, repairs)}`);
    const { subscriber, dryRun } = Schema.of(OneDeliveryBody).parse(body ?? {});
    const [delivery] = await this.deliveriesOf(id);
    const action = Schema.of(commandOf(verb).body).parse({ event: id, subscriber });
    const by = { actor, dryRun: dryRun ?? false };
    return this.operator.act(delivery!.module, { verb, ...said(action) } as Action, by);
  }

  /** @throws {NotFoundException} */
  private async deliveriesOf(text: string): Promise<EventView[]> {
    const { id } = Schema.of(EventId).parse({ id: text });
    const { items, silent } = await this.operator.events({ id, limit: mostSubscribers });
    if (items.length > 0) return items;
    throw new NotFoundException(`there is no event ${id}, or no longer${unless(silent)}`);
  }
}
