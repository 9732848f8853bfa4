import type t from 'typescript';
import type { IdKind, SourcePlace } from '../assessment.js';

/** A column as it is declared. */
export interface EntityColumn {
  property: string;
  name: string;
  /** Of PostgreSQL, as far as it is known; `date` where only the type of the property says so. */
  type: string | undefined;
  primary: boolean;
  /** Who makes its values, where that is not the application. */
  generated: 'increment' | 'uuid' | undefined;
  unique: boolean;
  nullable: boolean;
  /** A moment without a time zone; a day or a time of day, where the database fills it in. */
  withoutZone: boolean;
  /** The database fills it in with the time of its session. */
  defaultsToNow: boolean;
  /** TypeORM has it filled in so at each update, or at each soft delete, whatever its default. */
  stamped: boolean;
  at: SourcePlace;
}

export type RelationKind = 'many-to-one' | 'one-to-many' | 'one-to-one' | 'many-to-many';

export interface Relation {
  property: string;
  kind: RelationKind;
  /** Undefined where it is no entity of this folder. */
  target: Entity | undefined;
  targetName: string;
  eager: boolean;
  lazy: boolean;
  /** It holds the foreign key, or names the join table. */
  owning: boolean;
  primary: boolean;
  /** Undefined where the entity does not say. */
  nullable: boolean | undefined;
  /** The foreign key's columns; of a join table those of its own side. */
  columns: string[];
  joinTable: string | undefined;
  joinTableIsNamed: boolean;
  at: SourcePlace;
}

export interface Unique {
  /** Names of properties. */
  properties: string[];
  at: SourcePlace;
}

export interface Entity {
  name: string;
  table: string;
  schema: string | undefined;
  /** The class, or the value that is an EntitySchema. */
  node: t.Node;
  columns: EntityColumn[];
  relations: Relation[];
  uniques: Unique[];
  at: SourcePlace;
}

/** How rows are told apart. */
export function idKindOf({ columns, relations }: Entity): IdKind {
  const keys = columns.filter(({ primary }) => primary);
  const related = relations.filter(({ primary }) => primary).length;
  if (keys.length + related > 1) return 'composite';
  const [key] = keys;
  if (!key) return related > 0 ? 'other' : 'none';
  if (key.generated === 'increment') return 'serial';
  if (key.generated === 'uuid') return 'uuid by the database';
  if (key.type === 'uuid') return 'uuid';
  return key.type && /^(text|varchar|character varying|char|citext|string)$/.test(key.type)
    ? 'text'
    : 'other';
}

/** The columns of a property, be it a column or a relation. */
export function columnNamesOf({ columns, relations }: Entity, property: string): string[] {
  const column = columns.find((one) => one.property === property || one.name === property);
  if (column) return [column.name];
  return relations.find((one) => one.property === property)?.columns ?? [property];
}

export const snake = (text: string): string =>
  text
    .replace(/([A-Z])([A-Z])([a-z])/g, '$1_$2$3')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase();

export const upperFirst = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
