import type { AssessedTable } from '../assessment.js';
import { idKindOf, type Entity, type Relation } from '../facts/entity.js';

/** What TypeORM makes a join table of. */
interface JoinTable {
  name: string;
  owner: Entity;
  relation: Relation;
}

/** Join tables of many-to-many relations, which have no entity. */
const joinTablesOf = (entities: readonly Entity[]): JoinTable[] =>
  entities.flatMap((owner) =>
    owner.relations.flatMap((relation) =>
      relation.kind === 'many-to-many' && relation.joinTable !== undefined
        ? [{ name: relation.joinTable, owner, relation }]
        : [],
    ),
  );

/** The tables of entities, each once: several entities may share one. */
export function tablesOf(entities: readonly Entity[]): AssessedTable[] {
  const tables = new Map<string, AssessedTable>();
  for (const entity of entities) {
    const name = entity.schema === undefined ? entity.table : `${entity.schema}.${entity.table}`;
    if (!tables.has(name))
      tables.set(name, { name, entity: entity.name, ids: idKindOf(entity), at: entity.at });
  }
  const taken = new Set(entities.map(({ table }) => table));
  for (const { name, relation } of joinTablesOf(entities)) {
    if (!taken.has(name)) tables.set(name, { name, entity: null, ids: 'composite', at: relation.at });
  }
  return [...tables.values()];
}
