import type { FittingOwnership, SourcePlace } from '../assessment.js';
import { columnNamesOf, idKindOf, type Entity } from '../facts/entity.js';
import { similar } from '../facts/layout.js';

/** A routing key that could be, and what is against it: `why`, and `mend`, which would take that away. */
interface Candidate {
  key: Record<string, string>;
  against: { why: string; mend: string }[];
}

/**
 * By key where every table carries one column that callers know, and nothing has to be unique, or counted, over the rows
 * of two owners; else whole. The rules are those of docs/adopting.md, "The tables".
 */
export function ownershipOf(entities: readonly Entity[]): FittingOwnership {
  if (entities.length === 0) return { fits: 'none', key: null, why: ['no tables'], byKeyIf: null };
  const candidates = [...rootKeys(entities), ...sharedColumns(entities)];
  const [best] = candidates.sort((a, b) => a.against.length - b.against.length);
  if (!best) {
    const none = 'no column of every table says whose a row is';
    const why = [...against(entities, {}).map((one) => one.why), none];
    return { fits: 'whole', key: null, why, byKeyIf: null };
  }
  if (best.against.length > 0) {
    const byKeyIf = [`the key is ${keyText(best.key)}`, ...best.against.map(({ mend }) => mend)];
    return { fits: 'whole', key: null, why: best.against.map(({ why }) => why), byKeyIf };
  }
  return { fits: 'by-key', key: best.key, why: [`every row has ${keyText(best.key)}`], byKeyIf: null };
}

/** The primary key of one table, which every other table leads to. */
function rootKeys(entities: readonly Entity[]): Candidate[] {
  return entities.flatMap((root) => {
    const keys = root.columns.filter(({ primary }) => primary);
    const [only] = keys;
    if (!only || keys.length > 1 || idKindOf(root) === 'serial') return [];
    const key: Record<string, string> = { [root.table]: only.name };
    for (const other of entities) {
      if (other.table === root.table) continue;
      const column = columnTo(other, root);
      if (column === undefined) return [];
      key[other.table] = column;
    }
    return [{ key, against: against(entities, key) }];
  });
}

function columnTo(entity: Entity, root: Entity): string | undefined {
  const relation = entity.relations.find((one) => one.target === root && one.columns.length === 1);
  if (relation) return relation.columns[0];
  return entity.columns.find(({ name }) => {
    const stem = /^(.+?)(_id|Id)$/.exec(name)?.[1];
    return stem !== undefined && (similar(stem, root.name) || similar(stem, root.table));
  })?.name;
}

/** Columns of one name in every table, such as `user_id`. An `id` is each table's own. */
function sharedColumns(entities: readonly Entity[]): Candidate[] {
  const [first, ...others] = entities.map(namesOf);
  return [...(first ?? [])]
    .filter((name) => others.every((names) => names.has(name)) && (others.length === 0 || name !== 'id'))
    .map((name) => {
      const key = Object.fromEntries(entities.map(({ table }) => [table, name]));
      return { key, against: against(entities, key) };
    });
}

/** Columns that may say whose a row is: part of a primary key, or named after another row. */
function namesOf({ columns, relations }: Entity): Set<string> {
  const plain = columns
    .filter(
      ({ primary, generated, name, nullable }) =>
        !generated && !nullable && (primary || /(_id|Id)$/.test(name)),
    )
    .map(({ name }) => name);
  return new Set([
    ...plain,
    ...relations.flatMap((one) => (one.columns.length === 1 && one.nullable !== true ? one.columns : [])),
  ]);
}

function against(entities: readonly Entity[], key: Record<string, string>): Candidate['against'] {
  return entities.flatMap((entity) => {
    const column = key[entity.table];
    return [...idsAgainst(entity, column), ...nullAgainst(entity, column), ...uniquesAgainst(entity, column)];
  });
}

function idsAgainst(entity: Entity, column: string | undefined): Candidate['against'] {
  const kind = idKindOf(entity);
  const at = placeText(entity.columns.find(({ primary }) => primary)?.at ?? entity.at);
  if (kind === 'serial')
    return [
      {
        why: `ids of ${entity.table} are serial (${at}): two sides would give out the same ones`,
        mend: `ids of ${entity.table} are UUIDs that the caller makes`,
      },
    ];
  const isKey = entity.columns.some(({ primary, name }) => primary && name === column);
  if (kind === 'uuid by the database' && (isKey || column === undefined))
    return [
      {
        why: `ids of ${entity.table} are made by the database (${at}): no caller knows the owner of a row to come`,
        mend: `the caller makes the ids of ${entity.table}`,
      },
    ];
  return [];
}

/** TypeORM lets a relation be null where the entity does not say; the table may know better. */
function nullAgainst({ table, relations }: Entity, column: string | undefined): Candidate['against'] {
  const related = relations.find((one) => one.columns.includes(column ?? ''));
  if (!related || related.nullable === false) return [];
  const at = placeText(related.at);
  return [
    {
      why: `${table}.${column} may be null, as far as the entity says (${at})`,
      mend: `${table}.${column} is never null`,
    },
  ];
}

function uniquesAgainst(entity: Entity, column: string | undefined): Candidate['against'] {
  const single = entity.columns
    .filter(({ unique, primary, type }) => unique && !primary && type !== 'uuid')
    .map(({ name, at }) => ({ names: [name], at }));
  const joined = entity.relations
    .filter(({ kind, owning }) => kind === 'one-to-one' && owning)
    .map(({ columns, at }) => ({ names: columns, at }));
  const several = entity.uniques.map(({ properties, at }) => ({
    names: properties.flatMap((property) => columnNamesOf(entity, property)),
    at,
  }));
  return [...single, ...joined, ...several]
    .filter(({ names }) => column === undefined || !names.includes(column))
    .map(({ names, at }) => ({
      why: `${names.join(', ')} of ${entity.table} is unique over all rows (${placeText(at)})`,
      mend: `${names.join(', ')} of ${entity.table} is unique for each key only`,
    }));
}

const keyText = (key: Record<string, string>): string => {
  const entries = Object.entries(key);
  const names = new Set(entries.map(([, column]) => column));
  return names.size === 1
    ? [...names][0]!
    : entries.map(([table, column]) => `${table}.${column}`).join(', ');
};

const placeText = ({ file, line }: SourcePlace): string => `${file}:${line}`;
