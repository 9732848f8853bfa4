import type t from 'typescript';
import type { SourcePlace } from '../assessment.js';
import { ts } from '../compiler.js';
import { around, bare, nodesIn, nameOf, placeOf } from '../read/syntax.js';
import type { ClassFact, Classes } from './classes.js';
import type { Entities } from './entities.js';
import type { Entity } from './entity.js';
import { attempt } from '../read/attempt.js';
import { joinTarget, related } from './joins.js';
import { tablesIn } from './sql.js';
import type { Thing, Things } from './things.js';

/** Where something is done: the class around it, if any, and its member. */
export interface Site {
  class: ClassFact | undefined;
  member: string;
  node: t.Node;
  at: SourcePlace;
}

/** Rows of an entity are read or written. */
export interface RowAccess extends Site {
  entity: Entity;
  kind: 'read' | 'write';
  /** `sql`: by a statement that is written out; `join`: beside another's rows. */
  via: 'repository' | 'sql' | 'join';
  /** It goes through an EntityManager, so it is in that one's transaction. */
  isManaged: boolean;
}

/** A method (or, without brackets, a field) of a class of the application is used through an instance that was injected. */
export interface InstanceCall extends Site {
  target: ClassFact;
  method: string;
  isCalled: boolean;
  /** It is given the EntityManager, so it works in the caller's transaction. */
  passesManager: boolean;
}

export interface Usage {
  accesses: RowAccess[];
  calls: InstanceCall[];
  /** Rows were written by a manager, and it cannot be told which. */
  unknown: Site[];
}

const writing =
  /^(save|insert|update|updateAll|upsert|delete|deleteAll|remove|softDelete|softRemove|restore|recover|increment|decrement|clear)$/;
const nothing =
  /^(create|merge|preload|hasId|getId|extend|transaction|release|connect|initialize|destroy|on|isInitialized)$/;

/** Finds what every file does with rows and with other classes. */
export function usageIn(classes: Classes, entities: Entities, things: Things): Usage {
  const usage: Usage = { accesses: [], calls: [], unknown: [] };
  const reader = new UsageReader(classes, entities, things, usage);
  for (const { path, file } of classes.project.sources.values()) {
    attempt(classes.project.leftOut, path, () => {
      for (const node of nodesIn(file)) if (ts.isPropertyAccessExpression(node)) reader.read(node);
    });
  }
  return usage;
}

class UsageReader {
  constructor(
    private readonly classes: Classes,
    private readonly entities: Entities,
    private readonly things: Things,
    private readonly usage: Usage,
  ) {}

  read(node: t.PropertyAccessExpression): void {
    const method = node.name.text;
    const call =
      ts.isCallExpression(node.parent) && node.parent.expression === node ? node.parent : undefined;
    const whole = this.things.of(node.expression);
    const site = siteOf(this.classes, node);
    if (whole?.kind === 'instance') this.readInstance(whole.class, node, call, site);
    if (!call) return;
    if (whole?.kind === 'repository') this.readRepository(whole.entity, method, call, site, whole.isManaged);
    else if (whole?.kind === 'manager') this.readManager(method, call, site);
    else if (whole?.kind === 'builder') this.readBuilder(whole, method, call, site);
    else if (whole?.kind === 'row') this.readRow(whole.entity, method, site);
    else if (!whole) this.readStatic(node.expression, method, call, site);
  }

  private readInstance(
    target: ClassFact,
    node: t.PropertyAccessExpression,
    call: t.CallExpression | undefined,
    site: Site,
  ): void {
    const method = node.name.text;
    const own = this.things.repositoryOf(target);
    if (own && call && !this.classes.membersOf(target).has(method))
      return this.readRepository(own, method, call, site);
    if (bare(node.expression).kind === ts.SyntaxKind.ThisKeyword || isWrittenTo(node)) return;
    const passesManager = !!call?.arguments.some((one) => this.things.of(one)?.kind === 'manager');
    this.usage.calls.push({ ...site, target, method, isCalled: !!call, passesManager });
  }

  private readRepository(
    entity: Entity,
    method: string,
    call: t.CallExpression,
    site: Site,
    isManaged = false,
  ): void {
    if (method === 'query') return this.readSql(call, site, isManaged);
    if (nothing.test(method)) return;
    this.usage.accesses.push({ ...site, entity, kind: kindOf(method), via: 'repository', isManaged });
    this.readRelations(entity, call, site, isManaged);
  }

  private readManager(method: string, call: t.CallExpression, site: Site): void {
    const [first] = call.arguments;
    if (method === 'query') return this.readSql(call, site, true);
    if (!first || nothing.test(method)) return;
    if (
      !writing.test(method) &&
      !/^(find|count|exist|sum|average|minimum|maximum|createQueryBuilder)/.test(method)
    )
      return;
    const named = this.entities.find(first).entity;
    const row = named ? undefined : this.things.of(first);
    const entity = named ?? (row?.kind === 'row' ? row.entity : undefined);
    if (entity) {
      this.usage.accesses.push({ ...site, entity, kind: kindOf(method), via: 'repository', isManaged: true });
      this.readRelations(entity, call, site, true);
    } else if (writing.test(method)) this.usage.unknown.push(site);
  }

  private readBuilder(
    builder: Extract<Thing, { kind: 'builder' }>,
    method: string,
    call: t.CallExpression,
    site: Site,
  ): void {
    const [first] = call.arguments;
    const { isManaged } = builder;
    const via = 'repository';
    const named = first && this.entities.find(first).entity;
    if (/^(update|into|from)$/.test(method) && named) {
      const kind = method === 'from' && !builder.writes ? 'read' : 'write';
      this.usage.accesses.push({ ...site, entity: named, kind, via, isManaged });
    } else if (/^(delete|softDelete|restore|update|insert)$/.test(method) && builder.entity) {
      this.usage.accesses.push({ ...site, entity: builder.entity, kind: 'write', via, isManaged });
    } else if (/Join/.test(method) && first) {
      const path = this.classes.project.literal(first);
      const target =
        named ?? (path === undefined ? undefined : joinTarget(this.entities.list, builder.entity, path));
      if (target) this.usage.accesses.push({ ...site, entity: target, kind: 'read', via: 'join', isManaged });
    }
  }

  /** An active record: `user.save()`. */
  private readRow(entity: Entity, method: string, site: Site): void {
    if (/^(save|remove|softRemove|recover)$/.test(method) && ts.isClassLike(entity.node))
      this.usage.accesses.push({ ...site, entity, kind: 'write', via: 'repository', isManaged: false });
  }

  /** An active record: `User.find()`; a statement of a connection that is not known as one. */
  private readStatic(receiver: t.Expression, method: string, call: t.CallExpression, site: Site): void {
    const { entity } = this.entities.find(receiver);
    if (entity) this.readRepository(entity, method, call, site);
    else if (
      method === 'query' &&
      /(source|manager|connection|runner|repository|\bdb)$/i.test(receiver.getText())
    )
      this.readSql(call, site, /runner|manager/i.test(receiver.getText()));
  }

  private readSql(call: t.CallExpression, site: Site, isManaged: boolean): void {
    for (const { entity, writes } of tablesIn(this.classes.project, this.entities.list, call.arguments[0]))
      this.usage.accesses.push({ ...site, entity, kind: writes ? 'write' : 'read', via: 'sql', isManaged });
  }

  /** `find({ relations: { patient: true } })`. */
  private readRelations(entity: Entity, call: t.CallExpression, site: Site, isManaged: boolean): void {
    for (const target of related(this.classes.project, entity, call))
      this.usage.accesses.push({ ...site, entity: target, kind: 'read', via: 'join', isManaged });
  }
}

export function siteOf(classes: Classes, node: t.Node): Site {
  const declared = around(node, ts.isClassLike);
  const member = around(
    node,
    (one): one is t.ClassElement => ts.isClassElement(one) && ts.isClassLike(one.parent),
  );
  const name = member && ts.isConstructorDeclaration(member) ? 'constructor' : nameOf(member?.name);
  return { class: declared && classes.all.get(declared), member: name ?? '', node, at: placeOf(node) };
}

const kindOf = (method: string): RowAccess['kind'] => (writing.test(method) ? 'write' : 'read');

/** `this.users.limit = 3` and the assignment of the field itself. */
const isWrittenTo = (node: t.Node): boolean =>
  ts.isBinaryExpression(node.parent) &&
  node.parent.left === node &&
  node.parent.operatorToken.kind === ts.SyntaxKind.EqualsToken;
