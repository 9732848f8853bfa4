import { type Dto, Schema } from 'nestjs-strangler/contract';
import type { Role } from '#contracts';
import { VERSION_NEUTRAL, type INestApplication, type Type } from '@nestjs/common';
import {
  EXCEPTION_FILTERS_METADATA,
  GUARDS_METADATA,
  HEADERS_METADATA,
  HOST_METADATA,
  HTTP_CODE_METADATA,
  INTERCEPTORS_METADATA,
  METHOD_METADATA,
  PATH_METADATA,
  PIPES_METADATA,
  REDIRECT_METADATA,
  RENDER_METADATA,
  ROUTE_ARGS_METADATA,
  SSE_METADATA,
  VERSION_METADATA,
} from '@nestjs/common/constants.js';
import { RequestMethod } from '@nestjs/common/enums/request-method.enum.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { ModulesContainer } from '@nestjs/core';
import { parse } from 'node:querystring';
import { publicKey, rolesKey } from '../auth/access.js';
import { callerIn, type Principal } from '../auth/principal.js';
import { TellDeprecation } from '../http/deprecated.js';
import { isDto, withNumbers } from '../http/shape.pipe.js';
import { listKey } from '../limits/shed-lists.js';
import { answersKey } from '../openapi/answers.js';
import { cachedKey } from './cached.js';

/** A handler of GET that can be asked without Nest's pipeline: what its decorators say, compiled. */
export interface DirectQuery {
  /** The pattern of its paths, as `/api/v1/products/:sku`. */
  readonly route: string;
  /** Anybody may ask; else whoever has a good token. */
  readonly isPublic: boolean;
  /** Who has one of them may ask. Undefined: whoever has a token. */
  readonly roles: readonly Role[] | undefined;
  /** Whose answers it is made of, where they are the same for everybody, and may be kept. */
  readonly cached: readonly string[] | undefined;
  /** It is refused first where there is too much to do. */
  readonly list: boolean;
  readonly deprecation: TellDeprecation | undefined;
  readonly cacheControl: string;
}

/** A request that a query takes. */
export interface Asking {
  readonly query: DirectQuery;
  readonly params: Readonly<Record<string, string>>;
  /** Asks the handler; `caller` of one that is not public. */
  readonly ask: (caller: Principal | undefined) => Promise<unknown>;
}

type Handler = (...args: unknown[]) => Promise<unknown>;

/** What a handler takes: the path's parameters or the query, whole, or who asks. */
type Argument = { from: 'path' | 'query'; dto: Dto<unknown>; shape: Schema<unknown> } | { from: 'caller' };

/** A handler of GET, whoever asks it. */
interface Route {
  /** Whether Express would give it this path. */
  matches(path: string): boolean;
  take(path: string, search: string): Asking | undefined;
}

/** What else a handler, or its controller, may have done for it, or do with its answer. */
const own = [
  ...[GUARDS_METADATA, PIPES_METADATA, EXCEPTION_FILTERS_METADATA, HOST_METADATA],
  ...[REDIRECT_METADATA, RENDER_METADATA, SSE_METADATA],
];

/**
 * Finds the query that a URL asks, among the handlers of all controllers, to be asked without Nest's pipeline: that costs more than the rest of
 * a small read. Undefined where this cannot do all that the pipeline does for it (a pipe, an interceptor or a parameter of its own, another
 * spelling of the path), and where the handler does not take such an input: its refusal is the pipeline's affair, too.
 */
export function directQueries(app: INestApplication): (url: string) => Asking | undefined {
  const routes = [...app.get(ModulesContainer).values()]
    .flatMap((module) => [...module.controllers.values()])
    .flatMap(({ instance, metatype }) => {
      const type = metatype as Type;
      const prototype = type.prototype as Record<string, unknown>;
      return Object.getOwnPropertyNames(prototype)
        .filter((name) => name !== 'constructor' && typeof prototype[name] === 'function')
        .flatMap((name) => routeOf(instance as Record<string, Handler>, type, name) ?? []);
    });
  return (url) => {
    const mark = url.indexOf('?');
    const path = mark === -1 ? url : url.slice(0, mark);
    // The first that matches has it, as in Express.
    return routes.find((route) => route.matches(path))?.take(path, mark === -1 ? '' : url.slice(mark + 1));
  };
}

/** Undefined: it answers no GET. */
function routeOf(controller: Record<string, Handler>, type: Type, name: string): Route | undefined {
  const handler = controller[name] as Handler;
  const said = <T>(key: string): T | undefined =>
    (Reflect.getMetadata(key, handler) ?? Reflect.getMetadata(key, type)) as T | undefined;
  const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
  if (method !== RequestMethod.GET && method !== RequestMethod.ALL) return undefined;
  const version = said(VERSION_METADATA) ?? '1';
  const prefix = version === VERSION_NEUTRAL ? '' : `api/v${typeof version === 'string' ? version : ''}`;
  const paths = [type, handler].map((of) => Reflect.getMetadata(PATH_METADATA, of) as unknown);
  const route = joined(prefix, ...paths);
  const isPlain = method === RequestMethod.GET && typeof version === 'string' && isPattern.test(route);
  const query = isPlain ? queryOf(route, said) : undefined;
  const args = query && argumentsOf(type, name, query.isPublic);
  return {
    matches: looseMatcher(route),
    take: query && args ? taker(query, args, (input) => handler.apply(controller, input)) : () => undefined,
  };
}

/** Undefined: more is done for it than is understood here. */
function queryOf(route: string, said: <T>(key: string) => T | undefined): DirectQuery | undefined {
  if (own.some((key) => said(key) !== undefined)) return undefined;
  if (said(answersKey) === undefined || (said(HTTP_CODE_METADATA) ?? 200) !== 200) return undefined;
  const [deprecation, ...others] = said<unknown[]>(INTERCEPTORS_METADATA) ?? [];
  if (others.length > 0 || !(deprecation === undefined || deprecation instanceof TellDeprecation))
    return undefined;
  const [header, ...more] = said<{ name: string; value: unknown }[]>(HEADERS_METADATA) ?? [];
  const { name = 'Cache-Control', value = 'no-store' } = header ?? {};
  if (more.length > 0 || name !== 'Cache-Control' || typeof value !== 'string') return undefined;
  const cached = said<string[]>(cachedKey);
  // Whoever gets an answer that is kept has not been through its interceptors.
  if (cached && deprecation) return undefined;
  return {
    ...{ route, cached, deprecation, cacheControl: value },
    isPublic: said<boolean>(publicKey) ?? false,
    roles: said<Role[]>(rolesKey),
    list: said<boolean>(listKey) ?? false,
  };
}

/** Undefined: it takes something else, too. */
function argumentsOf(type: Type, name: string, isPublic: boolean): Argument[] | undefined {
  const routeArgs = Reflect.getMetadata(ROUTE_ARGS_METADATA, type, name) as
    Record<string, { index: number; data?: unknown; pipes?: unknown[]; factory?: unknown }> | undefined;
  const types = (Reflect.getMetadata('design:paramtypes', type.prototype as object, name) ??
    []) as Dto<unknown>[];
  const found: Argument[] = [];
  for (const [key, { index, data, pipes = [], factory }] of Object.entries(routeArgs ?? {})) {
    const from = factory === callerIn && !isPublic ? 'caller' : sources[key.split(':')[0] ?? ''];
    const dto = types[index];
    if (!from || !dto || data !== undefined || pipes.length > 0) return undefined;
    if (from !== 'caller' && !isDto(dto)) return undefined;
    found[index] = from === 'caller' ? { from } : { from, dto, shape: Schema.of(dto) };
  }
  return found.length === types.length && Array.from(found).every(Boolean) ? found : undefined;
}

const sources: Partial<Record<string, 'path' | 'query'>> = {
  [RouteParamtypes.PARAM]: 'path',
  [RouteParamtypes.QUERY]: 'query',
};

function taker(
  query: DirectQuery,
  args: readonly Argument[],
  handle: (input: unknown[]) => Promise<unknown>,
) {
  const match = matcher(query.route);
  const takesQuery = args.some(({ from }) => from === 'query');
  return (path: string, search: string): Asking | undefined => {
    const params = match(path);
    if (!params || (search !== '' && !takesQuery)) return undefined;
    const input: unknown[] = [];
    for (const arg of args) {
      const value = arg.from === 'caller' ? null : acceptedBy(arg, params, search);
      if (value === undefined) return undefined;
      input.push(value);
    }
    const ask = (caller: Principal | undefined) =>
      handle(args.map(({ from }, i) => (from === 'caller' ? caller : input[i])));
    return { query, params, ask };
  };
}

const acceptedBy = (
  { from, dto, shape }: Exclude<Argument, { from: 'caller' }>,
  params: Record<string, string>,
  search: string,
): unknown => shape.accepted(from === 'path' ? params : search === '' ? {} : withNumbers(dto, parse(search)));

const joined = (...parts: unknown[]): string =>
  parts
    .flatMap((part) => (typeof part === 'string' ? part.split('/') : part === undefined ? [] : ['*']))
    .reduce((path, segment) => (segment === '' ? path : `${path}/${segment}`), '');

/** Segments and parameters, and nothing that only Express understands. */
const isPattern = /^(?:\/:?[\w.-]+)+$/;

/** Whether Express may give the route a path, however that is spelled. Of a pattern that is not understood what it begins with counts. */
function looseMatcher(route: string): (path: string) => boolean {
  if (isPattern.test(route)) {
    const whole = new RegExp(`^${escaped(route).replace(/:\w+/g, '[^/]+')}/?$`, 'i');
    return (path) => whole.test(path);
  }
  const start = /^[/\w.-]*/.exec(route)?.[0].toLowerCase() ?? '';
  return (path) => path.toLowerCase().startsWith(start);
}

/** The parameters in a path. Only of one that is spelled as the documentation spells it; others are Express's affair. */
function matcher(route: string): (path: string) => Record<string, string> | undefined {
  const names = [...route.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
  const whole = new RegExp(`^${escaped(route).replace(/:\w+/g, '([\\w.~-]+)')}$`);
  return (path) => {
    const found = whole.exec(path);
    return found ? Object.fromEntries(names.map((name, i) => [name, found[i + 1] ?? ''])) : undefined;
  };
}

const escaped = (route: string): string => route.replace(/[.-]/g, '\\$&');
