import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** Where classes of the API and operations of the contracts say what they are. */
const places = [
  { folder: 'libs/contracts/src', ending: '.ts' },
  { folder: 'libs/api/src', ending: '.dto.ts' },
];

/** What docstrings say, by `Class`, `Class.field` and `module.operation`; without what is for programmers alone (`@example`, `{@link …}`). */
export function docstrings(root: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { folder, ending } of places)
    for (const file of readdirSync(join(root, folder)).sort()) {
      if (!file.endsWith(ending)) continue;
      const text = readFileSync(join(root, folder, file), 'utf8');
      collect(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true), found);
    }
  return found;
}

function collect(source: ts.SourceFile, found: Record<string, string>): void {
  const note = (name: string, node: ts.Node) => {
    const text = textOf(node);
    if (text !== undefined) found[name] = text;
  };
  const visit = (node: ts.Node): void => {
    if (ts.isClassDeclaration(node) && node.name) {
      const name = node.name.text;
      note(name, node);
      for (const member of node.members)
        if (ts.isPropertyDeclaration(member)) note(`${name}.${member.name.getText()}`, member);
    }
    for (const [module, operations] of contractIn(node))
      for (const operation of operations.properties)
        if (ts.isPropertyAssignment(operation)) note(`${module}.${operation.name.getText()}`, operation);
    ts.forEachChild(node, visit);
  };
  visit(source);
}

/** The operations of `contract('name', { operations: { … } })`. */
function contractIn(node: ts.Node): [string, ts.ObjectLiteralExpression][] {
  if (!ts.isCallExpression(node) || node.expression.getText() !== 'contract') return [];
  const [name, options] = node.arguments;
  if (!name || !options || !ts.isStringLiteral(name) || !ts.isObjectLiteralExpression(options)) return [];
  return options.properties.flatMap((each) =>
    ts.isPropertyAssignment(each) &&
    each.name.getText() === 'operations' &&
    ts.isObjectLiteralExpression(each.initializer)
      ? [[name.text, each.initializer] as [string, ts.ObjectLiteralExpression]]
      : [],
  );
}

function textOf(node: ts.Node): string | undefined {
  const [doc] = ts.getJSDocCommentsAndTags(node).filter((each) => ts.isJSDoc(each));
  const text = ts.getTextOfJSDocComment(doc?.comment);
  return text
    ?.replace(/\{@link (\w+)\}/g, '$1')
    .replace(/\s+/g, ' ')
    .trim();
}
