import type t from 'typescript';
import { ts } from '../compiler.js';
import type { Project } from '../read/project.js';
import { bare, nameOf, propertyOf } from '../read/syntax.js';
import type { Entity } from './entity.js';
import { similar } from './layout.js';

/** The entity that a query builder joins by `alias.property`. */
export function joinTarget(
  all: readonly Entity[],
  from: Entity | undefined,
  path: string,
): Entity | undefined {
  const [alias = '', property = ''] = path.split('.');
  const having = all.filter((one) => one.relations.some((relation) => relation.property === property));
  const called = having.filter((one) => similar(one.name, alias) || similar(one.table, alias));
  const owner =
    called[0] ?? having.find((one) => one === from) ?? (having.length === 1 ? having[0] : undefined);
  return owner?.relations.find((relation) => relation.property === property)?.target;
}

/** The entities that `relations` of a call's options load: `{ a: { b: true } }` or `['a', 'a.b']`. */
export function related(project: Project, entity: Entity, call: t.CallExpression): Entity[] {
  for (const argument of call.arguments) {
    const relations = propertyOf(bare(argument), 'relations');
    if (relations) return inTree(project, entity, bare(relations), 0);
  }
  return [];
}

function inTree(project: Project, entity: Entity, node: t.Expression, depth: number): Entity[] {
  if (depth > 10) return [];
  if (ts.isArrayLiteralExpression(node))
    return node.elements.flatMap((one) => alongPath(entity, project.literal(one)?.split('.') ?? []));
  if (!ts.isObjectLiteralExpression(node)) return [];
  return node.properties.flatMap((one) => {
    const target = targetOf(entity, nameOf(one.name));
    if (!target) return [];
    return [
      target,
      ...(ts.isPropertyAssignment(one) ? inTree(project, target, bare(one.initializer), depth + 1) : []),
    ];
  });
}

function alongPath(entity: Entity, path: readonly string[]): Entity[] {
  const found: Entity[] = [];
  for (let i = 0, at: Entity | undefined = entity; at && i < path.length; i++) {
    at = targetOf(at, path[i]);
    if (at) found.push(at);
  }
  return found;
}

const targetOf = (entity: Entity, property: string | undefined): Entity | undefined =>
  entity.relations.find((relation) => relation.property === property)?.target;
