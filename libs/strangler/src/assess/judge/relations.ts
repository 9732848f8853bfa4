import type { Facts } from '../facts/facts.js';
import type { Entity, Relation } from '../facts/entity.js';
import { found, type Placed } from './obstacles.js';
import { eagerPoints } from './rules.js';

/** Relations between modules, and many-to-many ones whose join table has no entity. */
export function relationObstacles(facts: Facts): Placed[] {
  return facts.entities.list.flatMap((entity) =>
    entity.relations.flatMap((relation) => [
      ...relationAcross(facts, entity, relation),
      ...joinTable(facts, entity, relation),
    ]),
  );
}

function relationAcross(facts: Facts, entity: Entity, relation: Relation): Placed[] {
  const { target, property, eager, lazy, owning, kind, at } = relation;
  if (!target) return [];
  const [from, to] = [facts.modules.ofEntity(entity), facts.modules.ofEntity(target)];
  // The other side of one that is declared there says nothing new, unless it is loaded unasked.
  if (from === to || (!owning && !eager) || kind === 'many-to-many') {
    if (from === to || !eager) return [];
  }
  const loads = eager
    ? ', EAGER: every query of it reads the other table'
    : lazy
      ? ', read when it is touched'
      : '';
  const key = owning ? ': its foreign key is dropped' : '';
  const what = `${entity.name}.${property} → ${target.name}`;
  const more = { blocks: eager || lazy, points: eager ? eagerPoints : 1 };
  return [
    found(from, 'relation', [to], `${what} of ${to}${eager || lazy ? loads : key}`, [at], more),
    found(to, 'relation', [from], `${what}, declared in ${from}${eager || lazy ? loads : key}`, [at], more),
  ];
}

function joinTable(facts: Facts, entity: Entity, relation: Relation): Placed[] {
  const { kind, joinTable: name, target, property, at } = relation;
  if (kind !== 'many-to-many' || name === undefined) return [];
  if (facts.entities.list.some(({ table }) => table === name)) return [];
  const from = facts.modules.ofEntity(entity);
  const to = target ? facts.modules.ofEntity(target) : from;
  const what = `${name} joins ${entity.name}.${property} and ${target?.name ?? relation.targetName}, and has no entity`;
  if (from === to)
    return [found(from, 'join table', [], `${what}: give it one, so that it moves too`, [at], { points: 1 })];
  return [
    found(from, 'join table', [to], `${what}; its rows belong to ${from} and ${to}`, [at], { blocks: true }),
    found(to, 'join table', [from], `${what}; its rows belong to ${from} and ${to}`, [at], { blocks: true }),
  ];
}
