import type t from 'typescript';
import { ts } from '../compiler.js';
import type { Project } from '../read/project.js';
import { bare, nodesIn } from '../read/syntax.js';

/** A decorator by the name that its package gives it, whatever it is called here. */
export interface Decoration {
  /** The package; empty for one of the application itself. */
  from: string;
  name: string;
  args: readonly t.Expression[];
  node: t.Node;
}

/** Decorators of a class, property, method or parameter; of one that is put together from others also those. */
export function decorationsOf(project: Project, node: t.Node): Decoration[] {
  if (!ts.canHaveDecorators(node)) return [];
  return (ts.getDecorators(node) ?? []).flatMap(({ expression }) => decorationsIn(project, expression, 0));
}

function decorationsIn(project: Project, expression: t.Expression, depth: number): Decoration[] {
  const call = bare(expression);
  const [callee, args] = ts.isCallExpression(call) ? [call.expression, [...call.arguments]] : [call, []];
  const found = project.meaning(callee);
  if (found?.kind === 'package')
    return [{ from: found.from, name: lastOf(found.name), args, node: expression }];
  const name = ts.isPropertyAccessExpression(callee)
    ? callee.name.text
    : ts.isIdentifier(callee)
      ? callee.text
      : '';
  const own: Decoration = { from: '', name, args, node: expression };
  return [own, ...(found?.kind === 'node' && depth < 3 ? within(project, found.node, own, depth) : [])];
}

/** What a decorator of the application calls. It stands where the decorator stands. */
function within(project: Project, body: t.Node, { node, args }: Decoration, depth: number): Decoration[] {
  const found: Decoration[] = [];
  for (const inner of nodesIn(body)) {
    if (!ts.isCallExpression(inner)) continue;
    for (const one of decorationsIn(project, inner, depth + 1)) {
      if (one.from !== '') found.push({ ...one, node, args: [...one.args, ...args] });
    }
  }
  return found;
}

const lastOf = (name: string): string => name.slice(name.lastIndexOf('.') + 1);
