import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** What stands in a source besides its comments, which may give examples from anywhere. */
export interface SourceText {
  names: string[];
  /** Strings, and the fixed parts of templates. */
  texts: string[];
}

/** Reads TypeScript. */
export function sourceText(source: string): SourceText {
  const found: SourceText = { names: [], texts: [] };
  const visit = (node: ts.Node): void => {
    if (ts.isMemberName(node)) found.names.push(node.text);
    if (ts.isLiteralExpression(node) || isTemplatePart(node)) found.texts.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest));
  return found;
}

/** The TypeScript files below a folder, by their path. */
export function sourcesIn(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  return new Map(files.map((file) => [join(folder, file), readFileSync(join(folder, file), 'utf8')]));
}

const isTemplatePart = (node: ts.Node): node is ts.TemplateHead | ts.TemplateMiddle | ts.TemplateTail =>
  ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node);
