import type t from 'typescript';
import { ts } from '../compiler.js';
import { attempt } from '../read/attempt.js';
import { around, bare, nodesIn } from '../read/syntax.js';
import type { Classes } from './classes.js';
import { decorationsOf } from './decorations.js';
import { siteOf, type Site } from './usage.js';

/** A call that already goes through the port of a contract: its module may be anywhere. */
export interface PortCall extends Site {
  contract: string;
  operation: string;
}

/** Calls through injected ports, and those that are steps of sagas. */
export function portCallsIn(classes: Classes): PortCall[] {
  const found: PortCall[] = [];
  for (const { path, file } of classes.project.sources.values()) {
    attempt(classes.project.leftOut, path, () => {
      for (const node of nodesIn(file)) {
        const call = portCall(classes, node);
        if (call) found.push({ ...siteOf(classes, node), ...call });
      }
    });
  }
  return found;
}

function portCall(classes: Classes, node: t.Node): Pick<PortCall, 'contract' | 'operation'> | undefined {
  if (ts.isPropertyAccessExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
    const contract = portOf(classes, node.expression);
    return contract === undefined ? undefined : { contract, operation: node.name.text };
  }
  if (!ts.isCallExpression(node) || !ts.isIdentifier(node.expression) || node.expression.text !== 'call')
    return undefined;
  const contract = contractName(classes, node.arguments[0]);
  const operation = classes.project.literal(node.arguments[1]);
  return contract === undefined || operation === undefined ? undefined : { contract, operation };
}

/** The contract of `this.users`, where the constructor says `@InjectPort(users) users`. */
function portOf(classes: Classes, { expression, name }: t.PropertyAccessExpression): string | undefined {
  if (expression.kind !== ts.SyntaxKind.ThisKeyword) return undefined;
  const maker = around(expression, ts.isClassLike)?.members.find(ts.isConstructorDeclaration);
  const parameter = maker?.parameters.find((one) => ts.isIdentifier(one.name) && one.name.text === name.text);
  const port =
    parameter && decorationsOf(classes.project, parameter).find((one) => one.name === 'InjectPort');
  return port && contractName(classes, port.args[0]);
}

/** `users` of `contract('users', …)`; where that cannot be seen the name under which it was imported. */
function contractName({ project }: Classes, node: t.Expression | undefined): string | undefined {
  const found = node && project.meaning(node);
  if (found?.kind === 'package') return found.name;
  if (found?.kind !== 'node' || !ts.isVariableDeclaration(found.node)) return undefined;
  const made = found.node.initializer && bare(found.node.initializer);
  return made && ts.isCallExpression(made) ? project.literal(made.arguments[0]) : undefined;
}
