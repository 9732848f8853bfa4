import type t from 'typescript';
import { ts } from '../compiler.js';
import { answerOf, around, bare, nameOf } from '../read/syntax.js';
import type { ClassFact, Classes } from './classes.js';
import { decorationsOf } from './decorations.js';
import type { Entities } from './entities.js';
import type { Entity } from './entity.js';
import { tokenKey, type Tokens } from './nest-modules.js';
import { isAssigned, localDeclaration } from './scope.js';

/** What stands behind an expression, as far as declarations say it: there is no type checker. */
export type Thing =
  | { kind: 'repository'; entity: Entity; isManaged?: boolean }
  /** An EntityManager, a DataSource or a QueryRunner. */
  | { kind: 'manager' }
  | { kind: 'builder'; entity: Entity | undefined; writes: boolean; isManaged: boolean }
  /** One row or several. */
  | { kind: 'row'; entity: Entity }
  | { kind: 'instance'; class: ClassFact }
  | { kind: 'package'; from: string; name: string };

const managers = /^(EntityManager|DataSource|QueryRunner|Connection|TransactionManager)$/;
const repositories = /^(Repository|TreeRepository|MongoRepository|AbstractRepository|BaseRepository)$/;
const finding = /^(find|get)\w*|^(create|save|merge|preload|upsert|softRemove|remove|recover)$/;
const deepest = 60;

/** Tells what expressions are. */
export class Things {
  private readonly fields = new Map<t.Node, Thing | undefined>();

  constructor(
    readonly classes: Classes,
    readonly entities: Entities,
    private readonly tokens: Tokens,
  ) {}

  of(node: t.Expression, depth = 0): Thing | undefined {
    if (depth > deepest) return undefined;
    if (ts.isAsExpression(node)) return this.ofType(node.type) ?? this.of(node.expression, depth + 1);
    const inner = bare(node);
    if (inner.kind === ts.SyntaxKind.ThisKeyword) return this.instance(around(inner, ts.isClassLike));
    if (ts.isIdentifier(inner)) return this.ofName(inner, depth + 1);
    if (ts.isPropertyAccessExpression(inner)) return this.ofProperty(inner, depth + 1);
    if (ts.isCallExpression(inner)) return this.ofCall(inner, depth + 1);
    if (ts.isNewExpression(inner)) return this.ofClass(inner.expression);
    if (ts.isArrayLiteralExpression(inner) && inner.elements[0]) return this.of(inner.elements[0], depth + 1);
    return undefined;
  }

  /** What a type says: promises, lists and `| null` are looked through. */
  ofType(type: t.TypeNode | undefined, depth = 0): Thing | undefined {
    if (!type || depth > deepest) return undefined;
    if (ts.isArrayTypeNode(type)) return this.ofType(type.elementType, depth + 1);
    if (ts.isUnionTypeNode(type))
      return type.types.map((one) => this.ofType(one, depth + 1)).find((thing) => thing !== undefined);
    if (!ts.isTypeReferenceNode(type)) return undefined;
    const name = type.typeName.getText();
    const [inner] = type.typeArguments ?? [];
    if (/^(Promise|Array|ReadonlyArray|Readonly|Partial|NonNullable|Relation)$/.test(name))
      return this.ofType(inner, depth + 1);
    const found = this.classes.project.meaning(type.typeName);
    if (found?.kind !== 'package') return this.ofDeclaration(nodeOf(found));
    const last = found.name.slice(found.name.lastIndexOf('.') + 1);
    if (found.from !== 'typeorm') return { kind: 'package', from: found.from, name: last };
    if (managers.test(last)) return { kind: 'manager' };
    const entity = inner && ts.isTypeReferenceNode(inner) && this.entities.find(asExpression(inner)).entity;
    if (!entity) return undefined;
    if (repositories.test(last)) return { kind: 'repository', entity };
    return last === 'SelectQueryBuilder'
      ? { kind: 'builder', entity, writes: false, isManaged: false }
      : undefined;
  }

  /** The repository that a class is, if it extends TypeORM's. */
  repositoryOf(one: ClassFact): Entity | undefined {
    for (const { base, node } of this.classes.lineOf(one)) {
      if (base && 'from' in base && base.from === 'typeorm' && repositories.test(base.name)) {
        const [type] = base.types;
        return type && ts.isTypeReferenceNode(type)
          ? this.entities.find(asExpression(type)).entity
          : undefined;
      }
      const declared = decorationsOf(this.classes.project, node).find(
        ({ name }) => name === 'EntityRepository',
      );
      if (declared) return this.entities.find(declared.args[0]).entity;
    }
    return undefined;
  }

  /** What a field of a class holds: a parameter of the constructor, or a property. */
  field(one: ClassFact, name: string): Thing | undefined {
    for (const { node, decorations } of this.classes.lineOf(one)) {
      const member = node.members.find((each) => nameOf(each.name) === name);
      if (member && ts.isPropertyDeclaration(member)) {
        const said = this.remembered(member);
        if (said) return said;
      }
      if (member && ts.isGetAccessor(member)) return this.ofType(member.type);
      const maker = node.members.find(ts.isConstructorDeclaration);
      const parameter = maker?.parameters.find(
        (each) => nameOf(each.name) === name || isAssigned(maker, name, each),
      );
      if (!parameter) continue;
      const said = this.remembered(parameter);
      if (said) return said;
      // Nest for JavaScript: @Dependencies(UsersService, getRepositoryToken(User)).
      const list = decorations.find((each) => each.name === 'Dependencies')?.args;
      const token = list?.[maker!.parameters.indexOf(parameter)];
      return token && this.ofToken(token);
    }
    return undefined;
  }

  private remembered(node: t.ParameterDeclaration | t.PropertyDeclaration): Thing | undefined {
    if (!this.fields.has(node)) {
      this.fields.set(node, undefined);
      this.fields.set(node, this.ofInjected(node));
    }
    return this.fields.get(node);
  }

  private ofInjected(node: t.ParameterDeclaration | t.PropertyDeclaration): Thing | undefined {
    for (const { name, args } of decorationsOf(this.classes.project, node)) {
      if (/^InjectRepository$/.test(name)) {
        const { entity } = this.entities.find(args[0]);
        if (entity) return { kind: 'repository', entity };
      }
      if (/^Inject(EntityManager|DataSource|Connection)$/.test(name)) return { kind: 'manager' };
      if (name === 'Inject' && args[0]) {
        const thing = this.ofToken(args[0]);
        if (thing) return thing;
      }
    }
    return this.ofType(node.type) ?? (node.initializer && this.of(node.initializer, 1));
  }

  private ofToken(token: t.Expression): Thing | undefined {
    const inner = bare(token);
    if (ts.isCallExpression(inner)) {
      const name = inner.expression.getText();
      if (/getRepositoryToken$/.test(name)) return this.repository(inner.arguments[0]);
      if (/get(EntityManager|DataSource|Connection)Token$/.test(name)) return { kind: 'manager' };
      const later = /forwardRef$/.test(name) && answerOf(inner.arguments[0]);
      return later ? this.ofToken(later) : undefined;
    }
    const key = tokenKey(this.classes, inner);
    const provided = key === undefined ? undefined : this.tokens.get(key);
    // An abstract class stays itself: it is what others call.
    const named = this.classes.named(inner);
    if (named) return this.ofDeclaration(named.node);
    return provided ? this.ofDeclaration(provided.node) : this.ofClass(inner);
  }

  private repository(node: t.Expression | undefined): Thing | undefined {
    const { entity } = this.entities.find(node);
    return entity && { kind: 'repository', entity };
  }

  private ofClass(node: t.Expression): Thing | undefined {
    const found = this.classes.project.meaning(node);
    if (found?.kind === 'package' && found.from === 'typeorm')
      return managers.test(found.name) ? { kind: 'manager' } : undefined;
    if (found?.kind === 'package') return found;
    return this.ofDeclaration(nodeOf(found));
  }

  private ofDeclaration(node: t.Node | undefined): Thing | undefined {
    if (!node) return undefined;
    const entity = this.entities.of(node);
    if (entity) return { kind: 'row', entity };
    if (ts.isClassLike(node)) return this.instance(node);
    if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) {
      const provided = this.tokens.get(node);
      return provided && { kind: 'instance', class: provided };
    }
    return undefined;
  }

  private instance(node: t.Node | undefined): Thing | undefined {
    const found = node && this.classes.all.get(node);
    return found && { kind: 'instance', class: found };
  }

  private ofName(node: t.Identifier, depth: number): Thing | undefined {
    const local = localDeclaration(node);
    if (local) return this.ofLocal(local, node.text, depth);
    const found = this.classes.project.meaning(node);
    if (found?.kind === 'package') return found.from === 'typeorm' ? undefined : found;
    const declared = nodeOf(found);
    if (declared && ts.isVariableDeclaration(declared))
      return this.entities.of(declared) ? this.ofDeclaration(declared) : this.ofVariable(declared, depth);
    if (declared && (ts.isNewExpression(declared) || ts.isCallExpression(declared)))
      return this.of(declared, depth);
    return undefined;
  }

  private ofLocal(
    node: t.ParameterDeclaration | t.VariableDeclaration,
    name: string,
    depth: number,
  ): Thing | undefined {
    if (!ts.isIdentifier(node.name)) return this.ofPart(node, name, depth);
    if (ts.isVariableDeclaration(node)) return this.ofVariable(node, depth);
    if (node.type) return this.ofType(node.type);
    const call = around(node, ts.isCallExpression);
    if (call && call.arguments.some((one) => one === node.parent) && isTransaction(call))
      return { kind: 'manager' };
    if (/^(manager|entityManager|em|queryRunner|trx)$/.test(name)) return { kind: 'manager' };
    // `rows.map((row) => …)`.
    if (
      call &&
      ts.isPropertyAccessExpression(call.expression) &&
      call.arguments.some((one) => one === node.parent)
    ) {
      const rows = this.of(call.expression.expression, depth);
      if (rows?.kind === 'row') return rows;
    }
    return undefined;
  }

  private ofVariable(node: t.VariableDeclaration, depth: number): Thing | undefined {
    const said = this.ofType(node.type);
    if (said) return said;
    if (node.initializer) return this.of(node.initializer, depth);
    const loop = node.parent.parent as t.Node | undefined;
    return loop && ts.isForOfStatement(loop) ? this.of(loop.expression, depth) : undefined;
  }

  /** `const { users } = this`. */
  private ofPart(
    node: t.ParameterDeclaration | t.VariableDeclaration,
    name: string,
    depth: number,
  ): Thing | undefined {
    if (!ts.isObjectBindingPattern(node.name) || !node.initializer) return undefined;
    const whole = this.of(node.initializer, depth);
    return whole?.kind === 'instance' ? this.field(whole.class, name) : undefined;
  }

  private ofProperty(node: t.PropertyAccessExpression, depth: number): Thing | undefined {
    const whole = this.of(node.expression, depth);
    const name = node.name.text;
    if (whole?.kind === 'instance') {
      const field = this.field(whole.class, name);
      if (field) return field;
      return this.repositoryOf(whole.class) && name === 'manager' ? { kind: 'manager' } : undefined;
    }
    if (whole?.kind === 'manager' || whole?.kind === 'repository')
      return /^(manager|connection|dataSource|queryRunner)$/.test(name) ? { kind: 'manager' } : undefined;
    if (whole?.kind === 'row') {
      const relation = whole.entity.relations.find(({ property }) => property === name);
      return relation?.target && { kind: 'row', entity: relation.target };
    }
    const found = whole ? undefined : this.classes.project.meaning(node);
    return found && found.kind !== 'package' ? this.ofDeclaration(nodeOf(found)) : undefined;
  }

  private ofCall(node: t.CallExpression, depth: number): Thing | undefined {
    const [first] = node.arguments;
    const callee = bare(node.expression);
    if (ts.isIdentifier(callee)) {
      const found = this.classes.project.meaning(callee);
      if (found?.kind === 'package' && found.from === 'typeorm') {
        if (/^get(Custom|Tree)?Repository$/.test(found.name)) return this.repository(first);
        if (/^get(Manager|Connection|EntityManager)$|^createConnection$/.test(found.name))
          return { kind: 'manager' };
      }
      const declared = nodeOf(found);
      return declared && ts.isFunctionDeclaration(declared) ? this.ofType(declared.type) : undefined;
    }
    if (!ts.isPropertyAccessExpression(callee)) return undefined;
    const method = callee.name.text;
    const whole = this.of(callee.expression, depth);
    if (/^(get|resolve)$/.test(method) && first && isContainer(callee.expression, whole))
      return this.ofToken(first);
    if (whole?.kind === 'manager') return this.ofManaged(method, first, depth);
    const entity = whole?.kind === 'repository' ? whole.entity : this.ownRows(whole, method);
    if (entity) return this.ofRepository(entity, method, whole?.kind === 'repository' && !!whole.isManaged);
    if (whole?.kind === 'builder') return this.ofBuilder(whole, method, first);
    if (whole?.kind === 'row')
      return /^(find|filter|at|pop|shift|slice|map)$/.test(method) ? whole : undefined;
    if (whole?.kind === 'instance') {
      const member = this.classes.membersOf(whole.class).get(method);
      return member && ts.isMethodDeclaration(member) ? this.ofType(member.type) : undefined;
    }
    const statically = this.entities.find(callee.expression).entity;
    return statically && !whole ? this.ofRepository(statically, method, false) : undefined;
  }

  /** A class that extends `Repository<User>` is one, but for the methods that it declares. */
  private ownRows(thing: Thing | undefined, method: string): Entity | undefined {
    if (thing?.kind !== 'instance' || this.classes.membersOf(thing.class).has(method)) return undefined;
    return this.repositoryOf(thing.class);
  }

  private ofRepository(entity: Entity, method: string, isManaged: boolean): Thing | undefined {
    if (method === 'createQueryBuilder') return { kind: 'builder', entity, writes: false, isManaged };
    if (method === 'extend') return { kind: 'repository', entity };
    return finding.test(method) ? { kind: 'row', entity } : undefined;
  }

  private ofManaged(method: string, first: t.Expression | undefined, depth: number): Thing | undefined {
    const isManaged = true;
    if (/^get(Custom|Tree|Mongo)?Repository$/.test(method)) return managed(this.repository(first));
    if (method === 'withRepository') return first && managed(this.of(first, depth));
    if (/^create(QueryRunner|EntityManager)$/.test(method)) return { kind: 'manager' };
    const named = first && this.entities.find(first).entity;
    if (method === 'createQueryBuilder') return { kind: 'builder', entity: named, writes: false, isManaged };
    if (!finding.test(method)) return undefined;
    if (named) return { kind: 'row', entity: named };
    return first && /^(save|remove|softRemove|recover)$/.test(method) ? this.of(first, depth) : undefined;
  }

  private ofBuilder(
    builder: Extract<Thing, { kind: 'builder' }>,
    method: string,
    first: t.Expression | undefined,
  ): Thing | undefined {
    const { entity } = builder;
    if (/^get(One|Many|OneOrFail|ManyAndCount)$/.test(method)) return entity && { kind: 'row', entity };
    const named = /^(from|into|update)$/.test(method) && first ? this.entities.find(first).entity : undefined;
    const writes = builder.writes || /^(insert|update|delete|softDelete|restore)$/.test(method);
    return { ...builder, entity: named ?? entity, writes };
  }
}

const managed = (thing: Thing | undefined): Thing | undefined =>
  thing?.kind === 'repository' ? { ...thing, isManaged: true } : thing;

/** `.transaction(async (manager) => …)`. */
export const isTransaction = (call: t.CallExpression): boolean =>
  ts.isPropertyAccessExpression(call.expression) && call.expression.name.text === 'transaction';

const isContainer = (node: t.Expression, thing: Thing | undefined): boolean =>
  (thing?.kind === 'package' &&
    /^(ModuleRef|INestApplication\w*|NestFactory|TestingModule)$/.test(thing.name)) ||
  (thing === undefined && /^(this\.)?(app|moduleRef|module|context|application)$/.test(node.getText()));

const asExpression = (type: t.TypeReferenceNode): t.Expression => type.typeName as unknown as t.Expression;

const nodeOf = (found: ReturnType<Classes['project']['meaning']>): t.Node | undefined =>
  found?.kind === 'node' ? found.node : undefined;
