import type t from 'typescript';
import type { SourcePlace } from '../assessment.js';
import { ts } from '../compiler.js';
import { attempt } from '../read/attempt.js';
import { around, bare, isWithin, nameOf, nodesIn, placeOf } from '../read/syntax.js';
import type { Classes } from './classes.js';
import { decorationsOf } from './decorations.js';
import type { Entity } from './entity.js';
import { isTransaction, type Things } from './things.js';
import { siteOf, type InstanceCall, type Site, type Usage } from './usage.js';

/** A transaction that the application opens itself. */
export interface Transaction extends Site {
  how: '@Transactional' | 'transaction()' | 'queryRunner';
  entities: Entity[];
  /** Calls of other classes that work in it. */
  calls: InstanceCall[];
  /** Writes whose rows cannot be told. */
  unknown: SourcePlace[];
}

/** Every transaction, and whose rows it touches. */
export function transactionsIn(classes: Classes, things: Things, usage: Usage): Transaction[] {
  const found: Transaction[] = [];
  for (const { path, file } of classes.project.sources.values()) {
    attempt(classes.project.leftOut, path, () => {
      for (const node of nodesIn(file)) {
        const scope = scopeOf(classes, things, node);
        if (scope) found.push(transactionIn(classes, usage, node, scope));
      }
    });
  }
  return found;
}

interface Scope {
  how: Transaction['how'];
  body: t.Node;
}

function scopeOf(classes: Classes, things: Things, node: t.Node): Scope | undefined {
  if (ts.isMethodDeclaration(node) && node.body) {
    const names = decorationsOf(classes.project, node).map(({ name }) => name);
    return names.some((name) => /^(Transactional|Transaction)$/.test(name))
      ? { how: '@Transactional', body: node.body }
      : undefined;
  }
  if (!ts.isCallExpression(node)) return undefined;
  const callee = bare(node.expression);
  if (ts.isIdentifier(callee) && /^(runInTransaction|wrapInTransaction|runTransaction)$/.test(callee.text)) {
    const [work] = node.arguments;
    return work && { how: '@Transactional', body: work };
  }
  if (!ts.isPropertyAccessExpression(callee)) return undefined;
  if (callee.name.text === 'startTransaction') {
    const body = around(node, ts.isFunctionLike);
    return body && { how: 'queryRunner', body };
  }
  if (!isTransaction(node)) return undefined;
  const work = node.arguments.find((one) => ts.isArrowFunction(one) || ts.isFunctionExpression(one));
  const isOurs = things.of(callee.expression)?.kind === 'manager' || !!work;
  return isOurs ? { how: 'transaction()', body: work ?? node } : undefined;
}

function transactionIn(classes: Classes, usage: Usage, node: t.Node, { how, body }: Scope): Transaction {
  const bodies = [body, ...ownMethods(classes, body)];
  const within = ({ node: one }: Site) => bodies.some((each) => isWithin(one, each));
  // Without @Transactional only what goes through the transaction's own manager is in it.
  const isIn = how === '@Transactional';
  const accesses = usage.accesses.filter((one) => within(one) && (isIn || one.isManaged));
  return {
    ...siteOf(classes, ts.isMethodDeclaration(node) ? node.body! : node),
    at: placeOf(node),
    how,
    entities: [...new Set(accesses.map(({ entity }) => entity))],
    calls: usage.calls.filter((one) => within(one) && one.isCalled && (isIn || one.passesManager)),
    unknown: usage.unknown.filter(within).map(({ at }) => at),
  };
}

/** Methods of the same class that a body calls, and those that they call. */
function ownMethods(classes: Classes, body: t.Node): t.Node[] {
  const found = new Set<t.Node>();
  const left = [body];
  for (let next = left.pop(); next; next = left.pop()) {
    const declared = around(next, ts.isClassLike);
    const fact = declared && classes.all.get(declared);
    if (!fact) continue;
    const members = classes.membersOf(fact);
    for (const node of nodesIn(next)) {
      if (!ts.isPropertyAccessExpression(node) || node.expression.kind !== ts.SyntaxKind.ThisKeyword)
        continue;
      const member = members.get(nameOf(node.name) ?? '');
      if (!member || !ts.isMethodDeclaration(member) || found.has(member)) continue;
      found.add(member);
      left.push(member);
    }
  }
  return [...found];
}
