import type t from 'typescript';
import { ts } from '../compiler.js';
import { bare, nodesIn, propertyOf } from '../read/syntax.js';
import type { ClassFact, Classes } from './classes.js';
import type { Entities } from './entities.js';
import type { Entity } from './entity.js';

/** What a file says of Nest modules; most have one, with `@Module`. */
export interface NestModule {
  path: string;
  /** `users` of `users.module.ts`. */
  stem: string;
  /** Of `forFeature`. */
  entities: Entity[];
  /** Providers and controllers. */
  classes: ClassFact[];
}

/** What a token of the injector stands for: `{ provide: TOKEN, useClass: X }`. */
export type Tokens = ReadonlyMap<string | t.Node, ClassFact>;

/** The Nest modules of a folder, and what their tokens stand for. */
export function nestModules(classes: Classes, entities: Entities): { modules: NestModule[]; tokens: Tokens } {
  const tokens = new Map<string | t.Node, ClassFact>();
  const modules = new Map<string, NestModule>();
  for (const one of classes.all.values()) {
    const options = one.decorations.find(
      ({ from, name }) => from.startsWith('@nestjs/') && name === 'Module',
    );
    if (!options) continue;
    readTokens(classes, one.node, tokens);
    const { path } = one.source;
    const found = modules.get(path) ?? { path, stem: stemOf(path), entities: [], classes: [] };
    modules.set(path, found);
    for (const node of nodesIn(one.node)) {
      if (ts.isCallExpression(node) && /\.forFeature(Async)?$/.test(node.expression.getText()))
        found.entities.push(...entitiesIn(node, entities));
    }
    const [metadata] = options.args;
    for (const list of [propertyOf(metadata, 'providers'), propertyOf(metadata, 'controllers')]) {
      for (const node of list ? nodesIn(list) : []) {
        const provided = ts.isIdentifier(node) ? classes.named(node) : undefined;
        if (provided) found.classes.push(provided);
      }
    }
  }
  return { modules: [...modules.values()], tokens };
}

function entitiesIn(call: t.CallExpression, entities: Entities): Entity[] {
  return call.arguments
    .flatMap((argument) => [...nodesIn(argument)])
    .filter(ts.isIdentifier)
    .map((name) => entities.find(name).entity)
    .filter((entity) => entity !== undefined);
}

function readTokens(classes: Classes, module: t.Node, tokens: Map<string | t.Node, ClassFact>): void {
  for (const node of nodesIn(module)) {
    if (!ts.isObjectLiteralExpression(node)) continue;
    const token = propertyOf(node, 'provide');
    const used = classes.named(propertyOf(node, 'useClass') ?? propertyOf(node, 'useExisting'));
    const key = token && tokenKey(classes, token);
    if (key !== undefined && used) tokens.set(key, used);
  }
}

/** A token is a text, or something that is declared. */
export function tokenKey({ project }: Classes, node: t.Expression): string | t.Node | undefined {
  const text = project.literal(bare(node));
  if (text !== undefined) return text;
  const found = project.meaning(node);
  return found?.kind === 'node' ? found.node : undefined;
}

/** `users` of `src/users/users.module.ts`. */
const stemOf = (path: string): string =>
  path.slice(path.lastIndexOf('/') + 1).replace(/(\.module)?\.\w+$/, '');
