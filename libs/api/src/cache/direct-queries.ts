import type { Dto } from '#contracts';
import { Shape } from '#strangler';
import type { INestApplication, Type } from '@nestjs/common';
import {
  EXCEPTION_FILTERS_METADATA,
  GUARDS_METADATA,
  INTERCEPTORS_METADATA,
  METHOD_METADATA,
  PATH_METADATA,
  PIPES_METADATA,
  ROUTE_ARGS_METADATA,
  VERSION_METADATA,
} from '@nestjs/common/constants.js';
import { RequestMethod } from '@nestjs/common/enums/request-method.enum.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { ModulesContainer } from '@nestjs/core';
import { publicKey } from '../auth/access.js';
import { listKey } from '../limits/shed-lists.js';
import { cachedKey } from './cached.js';

/** A query that anybody may ask, found by its path. */
export interface DirectQuery {
  /** Whose answers it is made of. */
  readonly modules: readonly string[];
  /** The pattern of its paths, as `/api/v1/products/:sku`. */
  readonly route: string;
  /** It is refused first where there is too much to do. */
  readonly list: boolean;
  /** Asks the handler. Undefined: it does not take this input, and its refusal is the pipeline's affair. */
  asking(path: string): (() => Promise<unknown>) | undefined;
}

/** What else a handler, or its controller, may have done for it. */
const own = [GUARDS_METADATA, INTERCEPTORS_METADATA, PIPES_METADATA, EXCEPTION_FILTERS_METADATA];

type Handler = (...args: unknown[]) => Promise<unknown>;

/** What a handler takes, whole: the path's parameters, or the query, which is empty here. */
interface Argument {
  readonly from: 'path' | 'query';
  readonly shape: Shape<unknown>;
}

/**
 * The handlers that are public and {@link Cached}, to be asked without Nest's pipeline, which costs more than the rest of a small read
 * (guards let everybody in there, and pipes validate). Only those that take nothing but validated DTOs, in the first version.
 *
 * @param prefix of the paths, `/api/v1/`
 */
export function directQueries(app: INestApplication, prefix: string): readonly DirectQuery[] {
  const controllers = [...app.get(ModulesContainer).values()].flatMap((module) => [
    ...module.controllers.values(),
  ]);
  return controllers.flatMap(({ instance, metatype }) => {
    const type = metatype as Type;
    const prototype = type.prototype as Record<string, unknown>;
    return Object.getOwnPropertyNames(prototype)
      .filter((name) => name !== 'constructor' && typeof prototype[name] === 'function')
      .flatMap((name) => directQuery(instance as Record<string, Handler>, type, name, prefix) ?? []);
  });
}

function directQuery(
  controller: Record<string, Handler>,
  type: Type,
  name: string,
  prefix: string,
): DirectQuery | undefined {
  const handler = controller[name] as Handler;
  const said = <T>(key: string, of: object = handler) => Reflect.getMetadata(key, of) as T | undefined;
  const modules = said<string[]>(cachedKey);
  const isOpen = said<boolean>(publicKey) ?? said<boolean>(publicKey, type);
  const isVersioned = (said(VERSION_METADATA) ?? said(VERSION_METADATA, type)) !== undefined;
  const args = argumentsOf(type, name);
  if (own.some((key) => (said(key) ?? said(key, type)) !== undefined)) return undefined;
  if (!modules || !isOpen || isVersioned || !args) return undefined;
  if (said<RequestMethod>(METHOD_METADATA) !== RequestMethod.GET) return undefined;
  const route = prefix + joined(said<string>(PATH_METADATA, type), said<string>(PATH_METADATA));
  const match = matcher(route);
  return {
    modules,
    route,
    list: said<boolean>(listKey) ?? false,
    asking: (path) => {
      const params = match(path);
      const input = params && args.map(({ from, shape }) => shape.accepted(from === 'path' ? params : {}));
      return input?.every((value) => value !== undefined)
        ? () => handler.apply(controller, input)
        : undefined;
    },
  };
}

/** Undefined: it takes something else, too. */
function argumentsOf(type: Type, name: string): Argument[] | undefined {
  const routeArgs = Reflect.getMetadata(ROUTE_ARGS_METADATA, type, name) as
    Record<string, { index: number; data?: unknown; pipes?: unknown[] }> | undefined;
  const types = (Reflect.getMetadata('design:paramtypes', type.prototype as object, name) ??
    []) as Dto<unknown>[];
  const found: Argument[] = [];
  for (const [key, { index, data, pipes = [] }] of Object.entries(routeArgs ?? {})) {
    const from = sources[key.split(':')[0] ?? ''];
    const dto = types[index];
    if (!from || !dto || data !== undefined || pipes.length > 0) return undefined;
    found[index] = { from, shape: Shape.of(dto) };
  }
  return found.length === types.length && found.every(Boolean) ? found : undefined;
}

const sources: Partial<Record<string, Argument['from']>> = {
  [RouteParamtypes.PARAM]: 'path',
  [RouteParamtypes.QUERY]: 'query',
};

const joined = (...parts: (string | undefined)[]): string =>
  parts.flatMap((part = '') => part.split('/').filter((segment) => segment !== '')).join('/');

/** The parameters in a path. Only of one that is spelled as the documentation spells it; others are Express's affair. */
function matcher(route: string): (path: string) => Record<string, string> | undefined {
  const names = [...route.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
  const whole = new RegExp(`^${route.replace(/:\w+/g, '([\\w.~-]+)')}$`);
  return (path) => {
    const found = whole.exec(path);
    return found ? Object.fromEntries(names.map((name, i) => [name, found[i + 1] ?? ''])) : undefined;
  };
}
