import type t from 'typescript';
import { ts } from '../compiler.js';
import type { Project } from '../read/project.js';
import { answerOf, bare, isTrue, placeOf, propertyOf } from '../read/syntax.js';
import { objectOf } from './columns.js';
import type { Decoration } from './decorations.js';
import { snake, upperFirst, type Entity, type Relation, type RelationKind } from './entity.js';

const kinds: Partial<Record<string, RelationKind>> = {
  ManyToOne: 'many-to-one',
  OneToMany: 'one-to-many',
  OneToOne: 'one-to-one',
  ManyToMany: 'many-to-many',
  TreeParent: 'many-to-one',
  TreeChildren: 'one-to-many',
};

export const isRelation = ({ from, name }: Decoration): boolean => from === 'typeorm' && name in kinds;

/** Finds an entity by what names it: its class, its schema, or a text. */
export type FindEntity = (node: t.Expression | undefined) => { entity: Entity | undefined; name: string };

/** The relation of a decorated property. */
export function relationOf(
  project: Project,
  entity: Entity,
  property: string,
  member: t.Node,
  decorations: readonly Decoration[],
  find: FindEntity,
): Relation {
  const decoration = decorations.find(isRelation)!;
  const of = (name: string) => decorations.find((one) => one.from === 'typeorm' && one.name === name);
  const options = decoration.args.map((arg) => objectOf(project, arg)).find((one) => one !== undefined);
  const kind = kinds[decoration.name]!;
  const isTree = decoration.name.startsWith('Tree');
  const target = isTree
    ? { entity, name: entity.name }
    : find(answerOf(decoration.args[0]) ?? decoration.args[0]);
  const joinTable = of('JoinTable');
  const owning = kind === 'many-to-one' || (kind === 'one-to-one' && !!of('JoinColumn')) || !!joinTable;
  if (!target.entity) {
    const why = `${entity.name}.${property} leads to ${target.name}, which is no entity of this folder`;
    project.leftOut.push({ ...placeOf(member), why });
  }
  const joins = decorations.filter((one) => one.name === 'JoinColumn');
  const tableOptions = objectOf(project, joinTable?.args[0]);
  return {
    property,
    kind,
    target: target.entity,
    targetName: target.name,
    eager: isTrue(propertyOf(options, 'eager')),
    lazy: /^Promise\s*</.test((member as Partial<t.PropertyDeclaration>).type?.getText() ?? ''),
    owning,
    primary: isTrue(propertyOf(options, 'primary')) || !!of('PrimaryColumn'),
    nullable: nullability(propertyOf(options, 'nullable')),
    columns: owning && !joinTable ? joinColumns(project, property, target.entity, joins) : [],
    joinTable:
      joinTable && (project.literal(propertyOf(tableOptions, 'name')) ?? joinName(entity, property, target)),
    joinTableIsNamed: !!propertyOf(tableOptions, 'name'),
    at: placeOf(member),
  };
}

/** Left out, the entity does not say: TypeORM would allow null, the table may not. */
export const nullability = (node: t.Expression | undefined): Relation['nullable'] =>
  node ? node.kind !== ts.SyntaxKind.FalseKeyword : undefined;

/** The columns' names, as TypeORM makes them where they are not given. */
function joinColumns(
  project: Project,
  property: string,
  target: Entity | undefined,
  joins: readonly Decoration[],
): string[] {
  const given = joins.flatMap(({ args }) => {
    const list = args[0] && bare(args[0]);
    const each = list && ts.isArrayLiteralExpression(list) ? [...list.elements] : args;
    return each.map((one) => project.literal(propertyOf(objectOf(project, one), 'name')));
  });
  const keys = target?.columns.filter(({ primary }) => primary).map(({ name }) => name) ?? [];
  const made = (keys.length > 0 ? keys : ['id']).map((key) => `${property}${upperFirst(key)}`);
  return given.length > 0 ? given.map((name, i) => name ?? made[i] ?? property) : made;
}

const joinName = (
  entity: Entity,
  property: string,
  target: { entity: Entity | undefined; name: string },
): string => snake(`${entity.table}_${property}_${target.entity?.table ?? target.name}`);
