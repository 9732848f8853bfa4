import type { Dto } from '../contract/dto.js';
import { BadRequestException, UnsupportedMediaTypeException } from '@nestjs/common';
import type { Request } from 'express';
import { Schema } from '../contract/schema.js';
import { IsInt, IsISO8601, IsUUID, Matches, Max, Min } from 'class-validator';
import type { PlainBody } from '../control/commands/bodies.js';
import { timePattern } from '../control/commands/events.js';
import type { SeriesQuestion } from '../control/commands/series.js';
import { Maybe } from '../contract/fields.js';
import { keptMs } from '../evidence/time-steps.js';

/** The query string of a list that grows for ever. */
class NewestQuery {
  @Maybe() @IsInt() @Min(1) @Max(1_000) limit?: number | null;
}

class HistoryQuery extends NewestQuery {
  /** The id of an entry: only those that are older. */
  @Maybe() @IsInt() @Min(1) @Max(Number.MAX_SAFE_INTEGER) before?: number | null;
}

/** How much of a history is answered when nothing is said. */
const defaultLimit = 100;

/**
 * How many entries of a history are asked for. @throws {ValidationError}
 *
 * @internal
 */
export function limitIn(query: object): number {
  const given = 'limit' in query ? { ...query, limit: Number(query.limit) } : query;
  return Schema.of(NewestQuery).parse(given).limit ?? defaultLimit;
}

/** Which entries of a module's history are asked for. @throws {ValidationError} */
export function historyIn(query: object): { limit: number; before?: number } {
  const numbers = Object.entries(query).map(([name, value]) => [name, Number(value)]);
  const { limit = defaultLimit, ...from } = said(Schema.of(HistoryQuery).parse(Object.fromEntries(numbers)));
  return { limit, ...from };
}

class SeriesQuery {
  @Maybe() @IsInt() @Min(1) @Max(keptMs / 60_000) minutes?: number | null;
  @Maybe() @Matches(timePattern) @IsISO8601({ strict: true }) until?: string | null;
}

/** How much of a module's last day is answered when nothing is said. */
const defaultMinutes = 15;

/** Which part of it is asked for. @throws {ValidationError} */
export function seriesIn(query: object): SeriesQuestion {
  const given = 'minutes' in query ? { ...query, minutes: Number(query.minutes) } : query;
  const { minutes = defaultMinutes, ...end } = said(Schema.of(SeriesQuery).parse(given));
  return { minutes, ...end };
}

class OneQuery {
  @Maybe() @IsUUID('all') id?: string | null;
}

/** Which one is asked for; null: all. @throws {ValidationError} */
export const idIn = (query: object): string | null => Schema.of(OneQuery).parse({ ...query }).id ?? null;

/**
 * Reads the body of a verb by its rules, and makes the action of it.
 *
 * @internal
 */
export type BodyReader<A> = ((body: unknown) => { action: A; dryRun: boolean }) & {
  readonly dto: Dto<unknown>;
};

/**
 * Reads the body of a verb by a class of rules.
 *
 * @internal
 */
export function reader<A, B extends PlainBody>(dto: Dto<B>, actionOf: (body: B) => A): BodyReader<A> {
  const read = (value: unknown) => {
    const body = Schema.of(dto).parse(value);
    return { action: actionOf(body), dryRun: body.dryRun ?? false };
  };
  return Object.assign(read, { dto });
}

/**
 * A body that is not JSON was not read, and a query is not looked at: `dryRun` in either must not look as if it had been
 * understood, while the action is carried out.
 *
 * @internal
 */
export function assertUnderstood({ headers, body, query }: Request): void {
  const sent = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  if (sent && body === undefined) throw new UnsupportedMediaTypeException('the body has to be JSON');
  const names = Object.keys(query);
  if (names.length > 0) throw new BadRequestException(`this takes no query: ${names.join(', ')}`);
}

/** What was parsed without what nobody has said: null says nothing. */
export const said = <B extends object>(body: B): { [K in keyof B]: Exclude<B[K], null> } =>
  Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null && value !== undefined)) as {
    [K in keyof B]: Exclude<B[K], null>;
  };
