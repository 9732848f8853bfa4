import type t from 'typescript';
import type { LeftOut } from '../assessment.js';
import { ts } from '../compiler.js';
import type { SourceText } from './folder.js';
import { bare, nameOf, nodesIn } from './syntax.js';

/** A name that comes from another file. `name` is `*` for all of it, `default` for its default. */
export interface Import {
  from: string;
  name: string;
  typeOnly: boolean;
  at: t.Node;
}

/** What a file offers under a name: something of its own, or something of another file. */
export type Export = { local: t.Node } | Import;

/** A parsed file. */
export interface Source {
  path: string;
  file: t.SourceFile;
  /** By their local names. */
  imports: Map<string, Import>;
  /** By their names in the file. */
  declared: Map<string, t.Node>;
  exports: Map<string, Export>;
  /** `export * from`. */
  stars: string[];
}

/** Parses a file; what it does not understand it goes past, as the compiler does. */
export function parseSource({ path, text }: SourceText, leftOut: LeftOut[]): Source | undefined {
  try {
    const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, scriptKind(path));
    if (isCompiled(text)) {
      leftOut.push({ file: path, line: null, why: 'written by a compiler: its sources are what is read' });
      return undefined;
    }
    if (isDeeper(file, deepest)) {
      leftOut.push({ file: path, line: null, why: `nested more than ${deepest} deep: generated, it seems` });
      return undefined;
    }
    const source: Source = {
      path,
      file,
      imports: new Map(),
      declared: new Map(),
      exports: new Map(),
      stars: [],
    };
    for (const statement of file.statements) readStatement(source, statement);
    leftOut.push(...syntaxErrors(file));
    return source;
  } catch (error) {
    leftOut.push({ file: path, line: null, why: `not understood: ${(error as Error).message}` });
    return undefined;
  }
}

/** Of nodes; a statement that somebody writes stays below a hundred. */
const deepest = 1_000;

function isDeeper(root: t.Node, most: number): boolean {
  let level = [root];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > most) return true;
    const next: t.Node[] = [];
    for (const node of level) ts.forEachChild(node, (child) => void next.push(child));
    level = next;
  }
  return false;
}

/** A path may say TypeScript, JavaScript, or either with JSX. */
function scriptKind(path: string): t.ScriptKind {
  if (path.endsWith('.tsx')) return ts.ScriptKind.TSX;
  if (/\.[cm]?ts$/.test(path)) return ts.ScriptKind.TS;
  return ts.ScriptKind.JSX;
}

const isCompiled = (text: string): boolean =>
  /^var __decorate = |\b__esDecorate\(|\b_ts_decorate\(|\b__decorate\(\[/m.test(text);

/** The first error of the grammar, if any. */
function syntaxErrors(file: t.SourceFile): LeftOut[] {
  const errors = (file as unknown as { parseDiagnostics?: readonly t.DiagnosticWithLocation[] })
    .parseDiagnostics;
  const first = errors?.[0];
  if (!first) return [];
  const { line } = file.getLineAndCharacterOfPosition(first.start);
  const what = ts.flattenDiagnosticMessageText(first.messageText, ' ');
  return [
    { file: file.fileName, line: line + 1, why: `a syntax error (${what}): what follows may be missing` },
  ];
}

function readStatement(source: Source, node: t.Statement): void {
  if (ts.isImportDeclaration(node)) readImport(source, node);
  else if (ts.isImportEqualsDeclaration(node)) {
    const { moduleReference } = node;
    if (ts.isExternalModuleReference(moduleReference))
      addImport(source, node.name.text, textOf(moduleReference.expression), '*', node.isTypeOnly, node);
  } else if (ts.isExportDeclaration(node)) readExport(source, node);
  else if (ts.isExportAssignment(node)) addExport(source, 'default', node.expression);
  else if (ts.isVariableStatement(node)) {
    for (const declaration of node.declarationList.declarations)
      readVariable(source, declaration, isExported(node));
  } else if (isDeclaration(node)) {
    const name = node.name?.text ?? 'default';
    if (!source.declared.has(name) || ts.isClassDeclaration(node)) source.declared.set(name, node);
    if (isExported(node)) source.exports.set(isDefault(node) ? 'default' : name, { local: node });
  } else if (ts.isExpressionStatement(node)) readCommonJs(source, node.expression);
}

type Declaration =
  | t.ClassDeclaration
  | t.FunctionDeclaration
  | t.InterfaceDeclaration
  | t.TypeAliasDeclaration
  | t.EnumDeclaration;

const isDeclaration = (node: t.Node): node is Declaration =>
  ts.isClassDeclaration(node) ||
  ts.isFunctionDeclaration(node) ||
  ts.isInterfaceDeclaration(node) ||
  ts.isTypeAliasDeclaration(node) ||
  ts.isEnumDeclaration(node);

const modifies = (node: t.Node, kind: t.SyntaxKind): boolean =>
  ts.canHaveModifiers(node) && !!ts.getModifiers(node)?.some((one) => one.kind === kind);
const isExported = (node: t.Node): boolean => modifies(node, ts.SyntaxKind.ExportKeyword);
const isDefault = (node: t.Node): boolean => modifies(node, ts.SyntaxKind.DefaultKeyword);
const textOf = (node: t.Node | undefined): string => (node && ts.isStringLiteralLike(node) ? node.text : '');

function addImport(
  { imports }: Source,
  local: string,
  from: string,
  name: string,
  typeOnly: boolean,
  at: t.Node,
): void {
  if (from !== '') imports.set(local, { from, name, typeOnly, at });
}

function readImport(source: Source, node: t.ImportDeclaration): void {
  const from = textOf(node.moduleSpecifier);
  const clause = node.importClause;
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- its successor is not there in TypeScript 5
  const typeOnly = !!clause?.isTypeOnly;
  if (clause?.name) addImport(source, clause.name.text, from, 'default', typeOnly, node);
  const bindings = clause?.namedBindings;
  if (!bindings) return;
  if (ts.isNamespaceImport(bindings)) addImport(source, bindings.name.text, from, '*', typeOnly, node);
  else
    for (const { name, propertyName, isTypeOnly } of bindings.elements)
      addImport(source, name.text, from, (propertyName ?? name).text, typeOnly || isTypeOnly, node);
}

function readExport(source: Source, node: t.ExportDeclaration): void {
  const from = textOf(node.moduleSpecifier);
  const clause = node.exportClause;
  if (!clause) {
    if (from !== '') source.stars.push(from);
  } else if (ts.isNamespaceExport(clause)) {
    source.exports.set(clause.name.text, { from, name: '*', typeOnly: node.isTypeOnly, at: node });
  } else {
    for (const { name, propertyName } of clause.elements) {
      const inner = propertyName ?? name;
      if (from !== '')
        source.exports.set(name.text, { from, name: inner.text, typeOnly: node.isTypeOnly, at: node });
      else if (ts.isIdentifier(inner)) source.exports.set(name.text, { local: inner });
    }
  }
}

const addExport = ({ exports }: Source, name: string, local: t.Node): void =>
  void exports.set(name, { local });

/** `const X = class …`, `const { A } = require('a')`, `const a = require('a').A`, and any other value. */
function readVariable(source: Source, node: t.VariableDeclaration, exported: boolean): void {
  const { name, initializer } = node;
  const required = initializer && requiredBy(bare(initializer));
  if (ts.isObjectBindingPattern(name)) {
    if (!required || required.name !== '*') return;
    for (const element of name.elements) {
      const outer = nameOf(element.propertyName ?? element.name);
      if (ts.isIdentifier(element.name) && outer)
        addImport(source, element.name.text, required.from, outer, false, node);
    }
  } else if (ts.isIdentifier(name)) {
    if (required) addImport(source, name.text, required.from, required.name, false, node);
    else source.declared.set(name.text, node);
    if (exported) addExport(source, name.text, name);
  }
}

function requiredBy(node: t.Expression): { from: string; name: string } | undefined {
  if (ts.isPropertyAccessExpression(node)) {
    const whole = requiredBy(bare(node.expression));
    return whole?.name === '*' ? { from: whole.from, name: node.name.text } : undefined;
  }
  if (!ts.isCallExpression(node) || !ts.isIdentifier(node.expression)) return undefined;
  const name = node.expression.text;
  if (/^(__importStar|__importDefault|_interop\w*)$/.test(name) && node.arguments[0])
    return requiredBy(bare(node.arguments[0]));
  const from = name === 'require' ? textOf(node.arguments[0]) : '';
  return from === '' ? undefined : { from, name: '*' };
}

/** `module.exports = X`, `module.exports = { X }`, `exports.X = …`, `module.exports.X = …`. */
function readCommonJs(source: Source, node: t.Expression): void {
  if (!ts.isBinaryExpression(node) || node.operatorToken.kind !== ts.SyntaxKind.EqualsToken) return;
  const target = node.left.getText(source.file).replace(/^module\./, '');
  const value = bare(node.right);
  if (target === 'exports') {
    addExport(source, 'default', value);
    if (!ts.isObjectLiteralExpression(value)) return;
    for (const property of value.properties) {
      const name = nameOf(property.name);
      if (!name) continue;
      if (ts.isShorthandPropertyAssignment(property)) addExport(source, name, property.name);
      else if (ts.isPropertyAssignment(property)) addExport(source, name, bare(property.initializer));
    }
  } else if (/^exports\.\w+$/.test(target)) {
    addExport(source, target.slice('exports.'.length), value);
  }
}

/** Classes of a file, wherever they stand. */
export const classesIn = ({ file }: Source): t.ClassLikeDeclaration[] =>
  [...nodesIn(file)].filter(ts.isClassLike);
