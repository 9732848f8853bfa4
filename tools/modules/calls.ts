import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** What a diagram needs to know of a contract. */
export interface ContractFacts {
  name: string;
  ownership: string;
  /** Which command takes which back. */
  undo: ReadonlyMap<string, string>;
  /** The events that it is called for, by the variable that holds each. */
  hears: readonly string[];
}

/** The operations that a module calls, by their contract. */
export type Calls = ReadonlyMap<ContractFacts, ReadonlySet<string>>;

/** The contracts that files in a folder declare, by the variable that holds each. */
export function contractsIn(folder: string): ReadonlyMap<string, ContractFacts> {
  const found = new Map<string, ContractFacts>();
  forEachNode(folder, (node) => {
    if (!ts.isVariableDeclaration(node) || !isCallOf(node.initializer, 'contract')) return;
    const [name, definition] = node.initializer.arguments;
    const ownership = textOf(property(definition, 'ownership'));
    const facts = { name: textOf(name), ownership, undo: undoIn(definition), hears: heardIn(definition) };
    found.set(node.name.getText(), facts);
  });
  return found;
}

/** The types of the events that files in a folder declare (`orders.placed`), by the variable that holds each. */
export function eventsIn(folder: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  forEachNode(folder, (node) => {
    if (!ts.isVariableDeclaration(node) || !isCallOf(node.initializer, 'event')) return;
    found.set(node.name.getText(), textOf(node.initializer.arguments[0]));
  });
  return found;
}

/** The calls in a module's folder: steps of sagas, and calls through injected ports. @throws when one cannot be told. */
export function callsIn(folder: string, contracts: ReadonlyMap<string, ContractFacts>): Calls {
  const calls = new Map<ContractFacts, Set<string>>();
  const ports = new Map<string, Set<string>>();
  const callsOf = (node: ts.Node | undefined): Set<string> => {
    const contract = contracts.get(node?.getText() ?? '');
    if (!contract) throw new Error(`${folder} calls ${node?.getText()}, which is no contract`);
    return calls.get(contract) ?? calls.set(contract, new Set()).get(contract)!;
  };
  forEachNode(folder, (node) => {
    if (isCallOf(node, 'call')) callsOf(node.arguments[0]).add(textOf(node.arguments[1]));
    if (!ts.isDecorator(node) || !isCallOf(node.expression, 'InjectPort')) return;
    ports.set((node.parent as ts.ParameterDeclaration).name.getText(), callsOf(node.expression.arguments[0]));
  });
  forEachNode(folder, (node) => {
    const [self, port] = ts.isPropertyAccessExpression(node) ? node.expression.getText().split('.') : [];
    if (self === 'this' && port) ports.get(port)?.add((node as ts.PropertyAccessExpression).name.text);
  });
  for (const [{ name }, operations] of calls) {
    if (operations.size === 0)
      throw new Error(`${folder} injects the port of ${name}, but calls nothing through it`);
  }
  return calls;
}

function undoIn(definition: ts.Node | undefined): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  property(definition, 'operations')?.forEachChild((operation) => {
    if (!ts.isPropertyAssignment(operation) || !ts.isCallExpression(operation.initializer)) return;
    const undo = property(operation.initializer.arguments[0], 'undo');
    if (undo) found.set(operation.name.getText(), textOf(undo));
  });
  return found;
}

function heardIn(definition: ts.Node | undefined): readonly string[] {
  const found: string[] = [];
  property(definition, 'operations')?.forEachChild((operation) => {
    if (ts.isPropertyAssignment(operation) && isCallOf(operation.initializer, 'subscription'))
      found.push(operation.initializer.arguments[0]!.getText());
  });
  return found;
}

function forEachNode(folder: string, visit: (node: ts.Node) => void): void {
  const walk = (node: ts.Node): void => {
    visit(node);
    ts.forEachChild(node, walk);
  };
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    if (!file.endsWith('.ts') || file.endsWith('.spec.ts')) continue;
    walk(ts.createSourceFile(file, readFileSync(join(folder, file), 'utf8'), ts.ScriptTarget.Latest, true));
  }
}

const isCallOf = (node: ts.Node | undefined, name: string): node is ts.CallExpression =>
  node !== undefined && ts.isCallExpression(node) && node.expression.getText() === name;

function property(node: ts.Node | undefined, name: string): ts.Expression | undefined {
  if (!node || !ts.isObjectLiteralExpression(node)) return undefined;
  const found = node.properties.find((one) => one.name?.getText() === name);
  return found && ts.isPropertyAssignment(found) ? found.initializer : undefined;
}

function textOf(node: ts.Node | undefined): string {
  if (node && ts.isStringLiteralLike(node)) return node.text;
  throw new Error(`a text is expected, not ${node?.getText() ?? 'nothing'}`);
}
