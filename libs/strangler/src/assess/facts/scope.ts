import type t from 'typescript';
import { ts } from '../compiler.js';
import { has, nameOf } from '../read/syntax.js';

/** `constructor(users) { this.users = users; }`. */
export function isAssigned(
  maker: t.ConstructorDeclaration,
  field: string,
  parameter: t.ParameterDeclaration,
): boolean {
  const name = nameOf(parameter.name);
  return !!maker.body?.statements.some(
    (one) =>
      ts.isExpressionStatement(one) &&
      ts.isBinaryExpression(one.expression) &&
      one.expression.operatorToken.kind === ts.SyntaxKind.EqualsToken &&
      one.expression.left.getText() === `this.${field}` &&
      one.expression.right.getText() === name,
  );
}

/** The variable or parameter that a name means, if it is one of the functions around it. */
export function localDeclaration(
  node: t.Identifier,
): t.ParameterDeclaration | t.VariableDeclaration | undefined {
  for (
    let outer = node.parent as t.Node | undefined;
    outer && !ts.isSourceFile(outer);
    outer = outer.parent
  ) {
    if (ts.isFunctionLike(outer)) {
      const parameter = outer.parameters.find((one) => binds(one.name, node.text));
      if (parameter) return parameter;
    }
    const statements = ts.isBlock(outer) || ts.isCaseClause(outer) ? outer.statements : undefined;
    const lists = statements?.filter(ts.isVariableStatement).map((one) => one.declarationList) ?? [];
    if (ts.isForOfStatement(outer) && ts.isVariableDeclarationList(outer.initializer))
      lists.push(outer.initializer);
    for (const list of lists) {
      const found = list.declarations.find((one) => binds(one.name, node.text));
      if (found) return found;
    }
  }
  return undefined;
}

const binds = (name: t.BindingName, text: string): boolean =>
  ts.isIdentifier(name)
    ? name.text === text
    : name.elements.some((one) => ts.isBindingElement(one) && binds(one.name, text));

/** Whether a method answers a promise, as far as it is declared. */
export const isAsync = (node: t.MethodDeclaration): boolean =>
  has(node, ts.SyntaxKind.AsyncKeyword) ||
  /^(Promise|PromiseLike|Observable)\b/.test(node.type?.getText() ?? 'Promise');
