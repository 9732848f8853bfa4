import type t from 'typescript';
import { ts } from '../compiler.js';
import { answerOf, bare, isTrue, nameOf, nodesIn, placeOf, propertyOf } from '../read/syntax.js';
import type { Classes } from './classes.js';
import { dayOrTime, isNowInNoZone, objectOf } from './columns.js';
import {
  snake,
  upperFirst,
  type EntityColumn,
  type Entity,
  type Relation,
  type RelationKind,
} from './entity.js';
import { nullability, type FindEntity } from './relations.js';

/** An entity that is declared as a value. Its relations are filled in when all entities are known. */
export interface SchemaEntity {
  entity: Entity;
  target: t.Expression | undefined;
  fill: (find: FindEntity) => void;
}

/** Every `new EntitySchema({ … })`. */
export function schemasIn(classes: Classes): SchemaEntity[] {
  return [...classes.project.sources.values()].flatMap(({ file }) =>
    [...nodesIn(file)].filter(ts.isNewExpression).flatMap((node) => {
      const found = classes.project.meaning(node.expression);
      if (found?.kind !== 'package' || !/(^|\.)EntitySchema$/.test(found.name)) return [];
      return [schemaOf(classes, node)];
    }),
  );
}

function schemaOf({ project }: Classes, node: t.NewExpression): SchemaEntity {
  const options = objectOf(project, node.arguments?.[0]);
  if (!options) project.leftOut.push({ ...placeOf(node), why: 'an EntitySchema whose options are computed' });
  const text = (name: string) => project.literal(propertyOf(options, name));
  const target = propertyOf(options, 'target');
  const name = text('name') ?? target?.getText() ?? 'schema';
  const columns = entriesOf(propertyOf(options, 'columns')).map(([property, value]): EntityColumn => {
    const of = (option: string) => propertyOf(objectOf(project, value), option);
    const typeNode = of('type');
    const type = project.literal(typeNode) ?? typeNode?.getText();
    const generated = of('generated');
    const initial = of('default');
    const isStamp = isTrue(of('createDate')) || isTrue(of('updateDate'));
    const defaultsToNow = initial ? isNowInNoZone(initial) : isStamp;
    return {
      property,
      name: project.literal(of('name')) ?? property,
      type,
      primary: isTrue(of('primary')),
      generated: !generated ? undefined : project.literal(generated) === 'uuid' ? 'uuid' : 'increment',
      unique: isTrue(of('unique')),
      nullable: isTrue(of('nullable')),
      withoutZone:
        /^(timestamp|timestamp without time zone|datetime|Date)$/.test(type ?? '') ||
        (defaultsToNow && dayOrTime.test(type ?? '')),
      defaultsToNow,
      stamped: isTrue(of('updateDate')) || isTrue(of('deleteDate')),
      at: placeOf(value.parent),
    };
  });
  const uniques = listOf(propertyOf(options, 'uniques')).map((one) => ({
    properties: listOf(propertyOf(one, 'columns')).map((each) => project.literal(each) ?? each.getText()),
    at: placeOf(one),
  }));
  const table = text('tableName') ?? snake(name);
  const entity: Entity = {
    name,
    table,
    schema: text('schema'),
    node,
    columns,
    relations: [],
    uniques,
    at: placeOf(node),
  };
  const fill = (find: FindEntity) => {
    for (const [property, value] of entriesOf(propertyOf(options, 'relations')))
      entity.relations.push(relationIn(property, value, entity, (one) => project.literal(one), find));
  };
  return { entity, target, fill };
}

function relationIn(
  property: string,
  value: t.Expression,
  entity: Entity,
  literal: (node: t.Expression | undefined) => string | undefined,
  find: FindEntity,
): Relation {
  const of = (option: string) => propertyOf(value, option);
  const kind = (literal(of('type')) ?? 'many-to-one') as RelationKind;
  const { entity: target, name } = find(answerOf(of('target')) ?? of('target'));
  const joinTable = of('joinTable');
  const joinColumn = of('joinColumn');
  const given = literal(propertyOf(joinTable, 'name'));
  return {
    property,
    kind,
    target,
    targetName: name,
    eager: isTrue(of('eager')),
    lazy: isTrue(of('lazy')),
    owning: kind === 'many-to-one' || !!joinTable || (kind === 'one-to-one' && !!joinColumn),
    primary: isTrue(of('primary')),
    nullable: nullability(of('nullable')),
    columns: joinTable ? [] : [literal(propertyOf(joinColumn, 'name')) ?? `${property}${upperFirst('id')}`],
    joinTable: joinTable && (given ?? snake(`${entity.table}_${property}_${target?.table ?? name}`)),
    joinTableIsNamed: given !== undefined,
    at: placeOf(value.parent),
  };
}

const entriesOf = (node: t.Expression | undefined): [string, t.Expression][] =>
  node && ts.isObjectLiteralExpression(node)
    ? node.properties.flatMap((one): [string, t.Expression][] => {
        const name = nameOf(one.name);
        return name !== undefined && ts.isPropertyAssignment(one) ? [[name, bare(one.initializer)]] : [];
      })
    : [];

const listOf = (node: t.Expression | undefined): t.Expression[] =>
  node && ts.isArrayLiteralExpression(node) ? [...node.elements] : [];
