import { Controller, Get, Inject, Req } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { Actor } from '../actor.js';

/** Injects what is steered at this listener. */
export const STEERED = Symbol('strangler.steered');

/**
 * What is steered at a listener.
 *
 * @internal
 */
export interface Steered {
  /** Whether modules are. */
  readonly modules: boolean;
  /** Routes of the edge: `here`, or the address of another page; null: nobody says where. */
  readonly routes: string | null;
}

/**
 * Who is logged in, and what there is for him.
 *
 * @internal
 */
export interface SessionView extends Partial<Steered> {
  /** As the history names him; null: nobody is logged in. */
  actor: string | null;
  /** `admin` acts, `viewer` looks; null: nobody is logged in. */
  role: string | null;
}

/** `GET /session`: who asks, by a cookie of the page or by a bearer token. */
@Controller('session')
export class SessionController {
  constructor(@Inject(STEERED) private readonly steered: Steered) {}

  @Get()
  session(
    @Actor() actor: string,
    @Req() { principal }: IncomingMessage & { principal?: { role?: string } },
  ): SessionView {
    // A guard that knows no roles lets in those alone who may act.
    return { actor, role: principal?.role ?? 'admin', ...this.steered };
  }
}
