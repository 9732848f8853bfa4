import { Controller, Get, Headers, Inject, Res, type OnModuleDestroy } from '@nestjs/common';
import type { Response } from 'express';
import type { Operator } from '../control/commands/operator.js';
import { EventStream } from './event-stream.js';
import { OPERATOR } from './operator-token.js';
import { StatusFeed, type Tick } from './status-feed.js';

/**
 * `GET /events`: every history entry as event `entry`, where all modules stand as event `status` every second or two, `failure`
 * when that cannot be told. Whoever comes again with `Last-Event-ID`, as browsers do, gets the entries since that one first.
 */
@Controller('events')
export class EventsController implements OnModuleDestroy {
  private readonly streams = new Set<EventStream>();
  private readonly feed: StatusFeed;

  constructor(@Inject(OPERATOR) private readonly operator: Operator) {
    this.feed = new StatusFeed(() => this.operator.modules());
  }

  @Get()
  events(@Res() response: Response, @Headers('last-event-id') last?: string): void {
    const stream = new EventStream(response);
    this.streams.add(stream);
    const stop = this.operator.onEntry((entry) => {
      stream.send('entry', entry, entry.id);
      this.feed.hurry();
    }, idOf(last));
    const leave = this.feed.join((tick) => stream.sendLatest(...eventOf(tick)));
    stream.onClose(() => {
      stop();
      leave();
      this.streams.delete(stream);
    });
  }

  /** A listener does not close while answers go on. */
  onModuleDestroy(): void {
    for (const stream of this.streams) stream.end();
  }
}

/** `undefined`: it is none, and whoever sent it is told what happens from now on. */
const idOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;

const eventOf = (tick: Tick): ['status' | 'failure', Tick] => ['items' in tick ? 'status' : 'failure', tick];
