import { Controller, Get, Req } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { Actor } from '../actor.js';

/**
 * Who is logged in.
 *
 * @internal
 */
export interface SessionView {
  /** As the history names him. */
  actor: string;
  /** `admin` acts, `viewer` looks. */
  role: string;
}

/** `GET /session`: who asks, by a cookie of the page or by a bearer token. */
@Controller('session')
export class SessionController {
  @Get()
  session(
    @Actor() actor: string,
    @Req() { principal }: IncomingMessage & { principal?: { role?: string } },
  ): SessionView {
    // A guard that knows no roles lets in those alone who may act.
    return { actor, role: principal?.role ?? 'admin' };
  }
}
