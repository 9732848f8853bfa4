import type t from 'typescript';
import type { SourcePlace } from '../assessment.js';
import { ts } from '../compiler.js';

/** Every node below one, and the node itself. It keeps its own stack: a generated file may be nested deeper than ours. */
export function* nodesIn(root: t.Node): Generator<t.Node> {
  const left = [root];
  for (let node = left.pop(); node; node = left.pop()) {
    yield node;
    const children: t.Node[] = [];
    ts.forEachChild(node, (child) => void children.push(child));
    left.push(...children.reverse());
  }
}

/** Where a node begins, decorators and comments before it left out. */
export function placeOf(node: t.Node): SourcePlace {
  const file = node.getSourceFile();
  const named = (node as Partial<t.NamedDeclaration>).name ?? node;
  const { line } = file.getLineAndCharacterOfPosition(named.getStart(file));
  return { file: file.fileName, line: line + 1 };
}

/** The expression without brackets and what only the types need: `(x as Y)!` is `x`. */
export function bare(node: t.Expression): t.Expression {
  let inner = node;
  while (
    ts.isParenthesizedExpression(inner) ||
    ts.isAsExpression(inner) ||
    ts.isNonNullExpression(inner) ||
    ts.isSatisfiesExpression(inner) ||
    ts.isAwaitExpression(inner)
  )
    inner = inner.expression;
  return inner;
}

/** The value of a property of an object literal. */
export function propertyOf(node: t.Node | undefined, name: string): t.Expression | undefined {
  if (!node || !ts.isObjectLiteralExpression(node)) return undefined;
  for (const property of node.properties) {
    if (!property.name || nameOf(property.name) !== name) continue;
    if (ts.isPropertyAssignment(property)) return property.initializer;
    if (ts.isShorthandPropertyAssignment(property)) return property.name;
  }
  return undefined;
}

/** A name as it is written; undefined for a computed one. */
export function nameOf(name: t.Node | undefined): string | undefined {
  if (!name) return undefined;
  if (ts.isIdentifier(name) || ts.isPrivateIdentifier(name)) return name.text;
  return ts.isStringLiteralLike(name) || ts.isNumericLiteral(name) ? name.text : undefined;
}

/** The expression that an arrow function or function answers: `() => User`, `function () { return User; }`. */
export function answerOf(node: t.Node | undefined): t.Expression | undefined {
  if (!node || !(ts.isArrowFunction(node) || ts.isFunctionExpression(node) || ts.isMethodDeclaration(node)))
    return undefined;
  if (!node.body) return undefined;
  if (!ts.isBlock(node.body)) return bare(node.body);
  const last = node.body.statements.find(ts.isReturnStatement);
  return last?.expression && bare(last.expression);
}

export const isTrue = (node: t.Node | undefined): boolean => node?.kind === ts.SyntaxKind.TrueKeyword;

export const has = (node: t.Node, kind: t.SyntaxKind): boolean =>
  ts.canHaveModifiers(node) && !!ts.getModifiers(node)?.some((modifier) => modifier.kind === kind);

/** The nearest node around one (itself left out) that fits. */
export function around<T extends t.Node>(node: t.Node, fits: (node: t.Node) => node is T): T | undefined {
  let outer = node.parent as t.Node | undefined;
  while (outer && !fits(outer)) outer = outer.parent;
  return outer;
}

export const isWithin = (node: t.Node, outer: t.Node): boolean =>
  node.getSourceFile() === outer.getSourceFile() && node.pos >= outer.pos && node.end <= outer.end;
