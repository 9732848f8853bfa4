import {
  applyDecorators,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import type { Observable } from 'rxjs';
import type { HeaderTarget } from './headers.js';

/** What a client is told of a version that others should not build on. */
export interface Deprecation {
  /** The day of UTC from which on it is deprecated, as `2027-01-01`; it may lie ahead. */
  since: string;
  /** From this day of UTC on it may be gone. Not before `since`. */
  sunset: string;
  /** A page for people about it: a URL, or a path here. */
  link: string;
  /** The path that takes its place, with the same parameters: `/api/v2/users/:id`. */
  successor: string;
}

/**
 * Marks a handler as deprecated: its answers carry `Deprecation` (RFC 9745), `Sunset` (RFC 8594) and `Link`, and its operation is
 * `deprecated` in the OpenAPI document. It goes on working, also after `sunset`, until somebody removes it; `api_requests` says who
 * still calls it.
 *
 * @example @Get(':id') @Deprecated({ since: '2027-01-01', sunset: '2028-01-01', link: '/docs', successor: '/api/v2/users/:id' }) get() { … }
 * @throws {RangeError} when a date is none, or `sunset` comes before `since`
 */
export function Deprecated(deprecation: Deprecation): MethodDecorator {
  const { since, sunset, successor } = deprecation;
  // The summary is left as the handler has it: without the word, this would make it empty.
  const described = {
    deprecated: true,
    description: `Deprecated from ${since} on, and there until ${sunset}: use ${successor}.`,
    summary: undefined,
  };
  return applyDecorators(UseInterceptors(new TellDeprecation(deprecation)), ApiOperation(described));
}

/** Tells of it in each answer. */
export class TellDeprecation implements NestInterceptor {
  private readonly dates: { deprecation: string; sunset: string };

  constructor(private readonly told: Deprecation) {
    const [since, sunset] = [day(told.since), day(told.sunset)];
    if (sunset < since) throw new RangeError(`sunset ${told.sunset} comes before since ${told.since}`);
    this.dates = { deprecation: `@${since.getTime() / 1_000}`, sunset: sunset.toUTCString() };
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    this.tell(http.getRequest<Request>().params, http.getResponse<Response>());
    return next.handle();
  }

  tell(params: PathParams, to: HeaderTarget): void {
    to.appendHeader('Deprecation', this.dates.deprecation);
    to.appendHeader('Sunset', this.dates.sunset);
    for (const link of linksOf(this.told, params)) to.appendHeader('Link', link);
  }
}

type PathParams = Readonly<Record<string, unknown>>;

const linksOf = ({ link, successor }: Deprecation, params: PathParams): string[] => [
  `<${link}>; rel="deprecation"; type="text/html"`,
  `<${successor.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(params[name])))}>; rel="successor-version"`,
];

/** Midnight of UTC. */
function day(text: string): Date {
  const date = new Date(`${text}T00:00:00Z`);
  if (Number.isNaN(date.getTime())) throw new RangeError(`"${text}" is no day as 2027-01-01`);
  return date;
}
