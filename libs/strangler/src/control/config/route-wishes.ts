import { List, Maybe, Nested } from '../../contract/fields.js';
import { IsBoolean, IsInt, IsNumber, IsString, Matches, Max, Min, ValidateBy } from 'class-validator';
import type { Cohort as CohortRule } from '../../routes/routes.js';
import { copiesIn, CopiesError } from './copies.js';
import type { GateLimits, ModuleSettings } from './settings.js';
import {
  WrittenCohort,
  Gates,
  Rises,
  settingsOf,
  Shares,
  Time,
  type WrittenSettings,
} from './written-settings.js';

/** Where the copies of an application answer: `http://10.0.0.7:4000,http://10.0.0.8:4000`. */
const Copies = () =>
  ValidateBy({
    name: 'copies',
    validator: {
      validate: (value) => problemOf(value) === undefined,
      defaultMessage: (what) => problemOf(what?.value) ?? '',
    },
  });

function problemOf(value: unknown): string | undefined {
  try {
    copiesIn(typeof value === 'string' ? value : '');
    return undefined;
  } catch (error) {
    if (error instanceof CopiesError) return error.message;
    throw error;
  }
}

class Upstreams {
  @Copies() legacy: string;
  @Copies() new: string;
}

/** What `strangler.yaml` says of one route of the edge. */
export class WrittenRoute {
  @IsString()
  @Matches(/^\/[\w.~-]*(\/[\w.~-]+)*$/, {
    message:
      'path must be a path as it stands in an address, such as /reports, without a host, a query, a * or a slash at its end: what is below it belongs to it',
  })
  path: string;
  @Nested(() => Upstreams) upstreams: Upstreams;
  /** The share to walk to; left out: operators steer the route. */
  @Maybe() @IsInt() @Min(0) @Max(100) percent?: number;
  @Maybe() @List(() => WrittenCohort, { max: 100 }) cohorts?: WrittenCohort[];
  /** Share of the GETs that are asked of both upstreams. */
  @Maybe() @IsNumber() @Min(0) @Max(1) shadow?: number;
  /** Both upstreams write to one store, so a write may go to either. */
  @Maybe() @IsBoolean() sharedStore?: boolean;
  @Shares() @Rises() ramp?: number[];
  @Time() bake?: string;
  @Maybe() @Nested(() => Gates) gates?: Gates;
  /** Shares that a person approves before the step that leads to them. */
  @Shares() approve?: number[];
}

/** How a route is moved. */
export interface RouteSettings {
  /** Shares in percent, one after the other. */
  ramp: readonly number[];
  /** How long each share is watched before the next, in ms. */
  bakeMs: number;
  gates: GateLimits;
  /** Shares in percent that a person approves before the step that leads to them. */
  approve: readonly number[];
}

/**
 * Where a route may lead.
 *
 * @internal
 */
export type Upstream = keyof Upstreams;

/**
 * What `strangler.yaml` wants of a route of the edge, and where it says so.
 *
 * @internal
 */
export interface RouteWish extends RouteSettings {
  path: string;
  /** Of each the origins of its copies. */
  upstreams: Readonly<Record<Upstream, readonly string[]>>;
  /** Null: it does not say, so operators steer it. */
  percent: number | null;
  cohorts: readonly CohortRule[];
  /** 0 to 1. */
  shadow: number;
  sharedStore: boolean;
  /** The line of the path, from 1. */
  line: number;
}

/** What is wrong with a route although each of its keys is well written; undefined: nothing. */
export function checkedRoute(
  { path, upstreams }: WrittenRoute,
  before: readonly RouteWish[],
): { key: keyof WrittenRoute; message: string } | undefined {
  const same = before.find((other) => other.path.toLowerCase() === path.toLowerCase());
  if (same) return { key: 'path', message: `${path} stands in line ${same.line} already` };
  if (path.split('/').some((part) => /^\.+$/.test(part))) {
    return {
      key: 'path',
      message: `${path} has a segment that leads elsewhere; write the path that is meant`,
    };
  }
  const both = copiesIn(upstreams.new).find((copy) => copiesIn(upstreams.legacy).includes(copy));
  if (both !== undefined)
    return { key: 'upstreams', message: `legacy and new are both ${both}, so nothing can move` };
  return undefined;
}

/** The route that results when `written` is laid over what holds for all. */
export function routeWishOf(written: WrittenRoute, base: ModuleSettings): Omit<RouteWish, 'line'> {
  const { path, upstreams, percent, shadow, sharedStore } = written;
  const { ramp, bakeMs, gates, cohorts, approve } = settingsOf(written, base);
  return {
    path,
    upstreams: { legacy: copiesIn(upstreams.legacy), new: copiesIn(upstreams.new) },
    percent: percent ?? null,
    shadow: shadow ?? 0,
    sharedStore: sharedStore ?? false,
    ...{ ramp, bakeMs, gates, cohorts, approve },
  };
}

/**
 * What an operator may give to `run` of a route.
 *
 * @internal
 */
export type RouteRun = Pick<WrittenSettings, 'ramp' | 'bake' | 'gates' | 'approve'>;

/**
 * The settings of a route that result when what an operator gave to `run` is laid over what the file says.
 *
 * @internal
 */
export function routeSettingsOf(
  { ramp, bake, gates, approve }: RouteRun,
  wish: RouteSettings,
  base: ModuleSettings,
): RouteSettings {
  const over = settingsOf(
    {
      ...(ramp && { ramp }),
      ...(bake != null && { bake }),
      ...(gates && { gates }),
      ...(approve && { approve }),
    },
    { ...base, ...wish },
  );
  return { ramp: over.ramp, bakeMs: over.bakeMs, gates: over.gates, approve: over.approve };
}
