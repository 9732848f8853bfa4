import type t from 'typescript';
import { ts } from '../compiler.js';
import { attempt } from '../read/attempt.js';
import { nodesIn } from '../read/syntax.js';
import type { Classes } from './classes.js';
import { decorationsOf } from './decorations.js';
import type { Entities } from './entities.js';
import type { Entity } from './entity.js';
import type { Things } from './things.js';
import { siteOf, type Site } from './usage.js';

/** An event inside the process: somebody emits it, or hears it. `name` is the text, or what stands in its place. */
export interface Event extends Site {
  name: string;
  role: 'emits' | 'hears';
  /** The emitter waits for those who hear it. */
  isAwaited: boolean;
}

/** A class that TypeORM calls whenever rows of an entity change, in the writer's transaction. */
export interface Subscriber extends Site {
  entity: Entity;
}

/** A method that a clock calls. */
export interface Schedule extends Site {
  how: string;
}

export interface Signals {
  events: Event[];
  subscribers: Subscriber[];
  schedules: Schedule[];
}

/** What calls code without anybody who asks for it. */
export function signalsIn(classes: Classes, entities: Entities, things: Things): Signals {
  const found: Signals = { events: [], subscribers: [], schedules: [] };
  const nameOf = (node: t.Expression | undefined): string =>
    classes.project.literal(node) ?? node?.getText().slice(0, 60) ?? '?';
  for (const { path, file } of classes.project.sources.values()) {
    attempt(classes.project.leftOut, path, () => {
      for (const node of nodesIn(file)) {
        if (ts.isMethodDeclaration(node)) {
          for (const { name, from, args } of decorationsOf(classes.project, node)) {
            if (name === 'OnEvent' && from !== '')
              found.events.push({
                ...siteOf(classes, node.name),
                member: nameText(node),
                name: nameOf(args[0]),
                role: 'hears',
                isAwaited: false,
              });
            if (/^(Cron|Interval|Timeout)$/.test(name) && from === '@nestjs/schedule')
              found.schedules.push({ ...siteOf(classes, node.name), member: nameText(node), how: name });
          }
          if (nameText(node) === 'listenTo') {
            const entity = answered(node, entities);
            if (entity) found.subscribers.push({ ...siteOf(classes, node.name), entity });
          }
        }
        if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) continue;
        const method = node.expression.name.text;
        if (!/^(emit|emitAsync|publish)$/.test(method)) continue;
        const emitter = things.of(node.expression.expression);
        if (emitter?.kind !== 'package' || !/^(EventEmitter2?|EventBus)$/.test(emitter.name)) continue;
        const isAwaited = method === 'emitAsync';
        found.events.push({
          ...siteOf(classes, node),
          name: nameOf(node.arguments[0]),
          role: 'emits',
          isAwaited,
        });
      }
    });
  }
  return found;
}

const nameText = (node: t.MethodDeclaration): string =>
  ts.isIdentifier(node.name) ? node.name.text : node.name.getText();

function answered(node: t.MethodDeclaration, entities: Entities): Entity | undefined {
  for (const inner of node.body ? nodesIn(node.body) : []) {
    if (ts.isReturnStatement(inner) && inner.expression) return entities.find(inner.expression).entity;
  }
  return undefined;
}
