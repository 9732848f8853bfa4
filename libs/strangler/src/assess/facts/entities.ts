import type t from 'typescript';
import { ts } from '../compiler.js';
import { attempt } from '../read/attempt.js';
import { bare, nameOf, placeOf } from '../read/syntax.js';
import { extendsPackage, type ClassFact, type Classes } from './classes.js';
import { columnOf, embeddedIn, isColumn, objectOf } from './columns.js';
import { decorationsOf, type Decoration } from './decorations.js';
import { snake, upperFirst, type Entity, type Unique } from './entity.js';
import { schemasIn } from './entity-schema.js';
import { isRelation, relationOf, type FindEntity } from './relations.js';

/** All entities, by the class or the schema that declares each. */
export class Entities {
  readonly all = new Map<t.Node, Entity>();
  private readonly byName = new Map<string, Entity>();

  constructor(private readonly classes: Classes) {
    const declared = [...classes.all.values()].filter((one) => entityDecoration(one) !== undefined);
    for (const one of declared) this.add(this.shellOf(one));
    const schemas = schemasIn(classes);
    for (const { entity, target } of schemas) {
      this.add(entity);
      const named = classes.named(target);
      if (named) this.all.set(named.node, entity);
    }
    // Columns before relations: a foreign key is named after the columns that it leads to.
    const each = (work: (entity: Entity, one: ClassFact) => void) => {
      for (const one of declared)
        attempt(classes.project.leftOut, one.source.path, () => work(this.all.get(one.node)!, one));
    };
    each((entity, one) => this.fillColumns(entity, one));
    each((entity, one) => this.fillRelations(entity, one));
    for (const { entity, fill } of schemas)
      attempt(classes.project.leftOut, entity.at.file, () => fill(this.find));
    each((entity, one) => this.mergeChild(entity, one));
  }

  /** Every entity once. */
  get list(): Entity[] {
    return [...new Set(this.all.values())];
  }

  /** The entity that an expression or a type's name stands for; a text is its name. */
  readonly find: FindEntity = (node) => {
    const inner = node && ts.isExpression(node) ? bare(node) : node;
    if (!inner) return { entity: undefined, name: '?' };
    const { project } = this.classes;
    const found = project.meaning(inner);
    const name = project.literal(inner) ?? inner.getText().slice(0, 60);
    if (found?.kind === 'node') return { entity: this.of(found.node), name };
    return { entity: ts.isIdentifier(inner) ? undefined : this.byName.get(name), name };
  };

  /** The entity of a declaration: a class, or a variable that holds an EntitySchema. */
  of(node: t.Node): Entity | undefined {
    return this.all.get(node) ?? (ts.isVariableDeclaration(node) ? this.all.get(bareValue(node)) : undefined);
  }

  private add(entity: Entity): void {
    this.all.set(entity.node, entity);
    if (!this.byName.has(entity.name)) this.byName.set(entity.name, entity);
  }

  private shellOf(one: ClassFact): Entity {
    const { project } = this.classes;
    const { args, name: kind } = entityDecoration(one)!;
    const objects = args.map((arg) => objectOf(project, arg));
    const options = objects.find((object) => object !== undefined);
    const option = (name: string) => project.literal(options && property(options, name));
    const given = project.literal(args[0]) ?? option('name');
    if (given === undefined && args[0] && !objects[0]) {
      const why = `@${kind}(${args[0].getText().slice(0, 40)}) of ${one.name}: the table's name is computed`;
      project.leftOut.push({ ...placeOf(one.node), why });
    }
    const table = given ?? snake(one.name);
    const at = placeOf(one.node);
    return {
      name: one.name,
      table,
      schema: option('schema'),
      node: one.node,
      columns: [],
      relations: [],
      uniques: [],
      at,
    };
  }

  private fillColumns(entity: Entity, one: ClassFact): void {
    for (const [name, member] of this.classes.membersOf(one)) this.readColumn(entity, name, member, '', 0);
    entity.uniques.push(...this.uniquesOf(one));
    this.sayUnknownBase(one);
  }

  private readColumn(entity: Entity, name: string, member: t.Node, prefix: string, depth: number): void {
    const decorations = decorationsOf(this.classes.project, member);
    const decoration = decorations.find(isColumn);
    if (!decoration || decorations.some(isRelation)) {
      if (!decoration) this.sayUnknown(entity, name, member, decorations);
      return;
    }
    if (/^(View|Virtual)Column$/.test(decoration.name)) return;
    const inner = this.classes.named(embeddedIn(decoration));
    if (inner && depth < 5) {
      const longer = `${prefix}${name}`;
      for (const [each, part] of this.classes.membersOf(inner))
        this.readColumn(entity, each, part, longer, depth + 1);
      return;
    }
    const column = columnOf(this.classes.project, name, member, decoration, decorations);
    if (prefix !== '') column.name = `${prefix}${upperFirst(column.name)}`;
    entity.columns.push(column);
    const index = decorations.find((other) => other.from === 'typeorm' && other.name === 'Index');
    if (index?.args.some((arg) => isUniqueOption(this.classes, arg))) column.unique = true;
  }

  private fillRelations(entity: Entity, one: ClassFact): void {
    const { project } = this.classes;
    for (const [name, member] of this.classes.membersOf(one)) {
      const decorations = decorationsOf(project, member);
      if (decorations.some(isRelation))
        entity.relations.push(relationOf(project, entity, name, member, decorations, this.find));
    }
  }

  /** A child shares its parent's table. */
  private mergeChild(entity: Entity, one: ClassFact): void {
    if (entityDecoration(one)?.name !== 'ChildEntity') return;
    const parent = this.classes
      .lineOf(one)
      .slice(1)
      .map(({ node }) => this.all.get(node))
      .find((found) => found);
    if (parent) entity.table = parent.table;
  }

  /** `@Unique(['a', 'b'])` and `@Index([…], { unique: true })` of a class. */
  private uniquesOf(one: ClassFact): Unique[] {
    return this.classes.lineOf(one).flatMap(({ decorations }) =>
      decorations.flatMap(({ from, name, args, node }) => {
        if (from !== 'typeorm' || !(name === 'Unique' || name === 'Index')) return [];
        if (name === 'Index' && !args.some((arg) => isUniqueOption(this.classes, arg))) return [];
        const list = args
          .map((arg) => bare(arg))
          .map((arg) => (ts.isArrowFunction(arg) ? answerOfList(arg) : arg));
        const array = list.find((arg) => ts.isArrayLiteralExpression(arg));
        if (!array || !ts.isArrayLiteralExpression(array)) return [];
        const properties = array.elements.map((each) => this.classes.project.literal(each) ?? lastName(each));
        return [{ properties, at: placeOf(node) }];
      }),
    );
  }

  private sayUnknownBase(one: ClassFact): void {
    const line = this.classes.lineOf(one);
    const { base } = line.at(-1)!;
    if (!base || !('from' in base) || extendsPackage(line, 'typeorm', /^BaseEntity$/)) return;
    const why = `${one.name} extends ${base.name} of ${base.from}: columns that come from there are not known`;
    this.classes.project.leftOut.push({ ...placeOf(one.node), why });
  }

  /** A decorator of a library that is not TypeORM's own may declare a column. */
  private sayUnknown(entity: Entity, name: string, member: t.Node, decorations: readonly Decoration[]): void {
    const harmless = /^(typeorm|class-validator|class-transformer|@nestjs\/|reflect-metadata|type-graphql)/;
    const strange = decorations.find(({ from }) => from !== '' && !harmless.test(from));
    if (!strange) return;
    const why = `@${strange.name} of ${strange.from} on ${entity.name}.${name}: it is not known whether this is a column`;
    this.classes.project.leftOut.push({ ...placeOf(member), why });
  }
}

const entityDecoration = ({ decorations }: ClassFact): Decoration | undefined =>
  decorations.find(({ from, name }) => from === 'typeorm' && (name === 'Entity' || name === 'ChildEntity'));

function property(object: t.Expression, name: string): t.Expression | undefined {
  if (!ts.isObjectLiteralExpression(object)) return undefined;
  const found = object.properties.find((one) => nameOf(one.name) === name);
  return found && ts.isPropertyAssignment(found) ? found.initializer : undefined;
}

function isUniqueOption({ project }: Classes, arg: t.Expression): boolean {
  const object = objectOf(project, arg);
  return !!object && property(object, 'unique')?.kind === ts.SyntaxKind.TrueKeyword;
}

const bareValue = (node: t.VariableDeclaration): t.Node => (node.initializer ? bare(node.initializer) : node);
const answerOfList = (node: t.ArrowFunction): t.Expression =>
  ts.isBlock(node.body) ? node : bare(node.body);
const lastName = (node: t.Expression): string =>
  ts.isPropertyAccessExpression(node) ? node.name.text : node.getText().slice(0, 40);
