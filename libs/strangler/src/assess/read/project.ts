import type t from 'typescript';
import type { LeftOut } from '../assessment.js';
import { ts } from '../compiler.js';
import { folderOf, join, readAliases, type Aliases } from './aliases.js';
import type { SourceText } from './folder.js';
import { parseSource, type Import, type Source } from './source.js';
import { bare, nameOf, placeOf } from './syntax.js';

/** What a name means: something declared in a file of the folder, a whole file of it, or something of a package. */
export type Meaning =
  | { kind: 'node'; source: Source; node: t.Node }
  | { kind: 'file'; source: Source }
  | { kind: 'package'; from: string; name: string };

const endings = ['', '.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs'];

/** All files of a folder, parsed, and what a name in one of them means. */
export class Project {
  readonly sources = new Map<string, Source>();
  private readonly aliases: Aliases;

  constructor(
    texts: readonly SourceText[],
    readonly leftOut: LeftOut[] = [],
  ) {
    this.aliases = readAliases(texts);
    for (const text of texts) {
      const source = text.path.endsWith('.json') ? undefined : parseSource(text, leftOut);
      if (source) this.sources.set(text.path, source);
    }
    this.sayUnresolved();
  }

  sourceOf(node: t.Node): Source | undefined {
    return this.sources.get(node.getSourceFile().fileName);
  }

  /** What an expression or the name of a type stands for: `User`, `entities.User`. */
  meaning(node: t.Node): Meaning | undefined {
    const source = this.sourceOf(node);
    return source && this.meaningIn(source, node, 0);
  }

  /** The file that an import leads to; undefined where it leaves the folder. */
  locate(specifier: string, from: string): Source | undefined {
    const paths = specifier.startsWith('.')
      ? [join(folderOf(from), specifier)]
      : this.aliases(specifier, from);
    for (const path of paths) {
      const stem = path.replace(/\.([cm]?)jsx?$/, '');
      for (const candidate of [path, stem, `${path}/index`, path === '' ? 'index' : path]) {
        const ending = endings.find((one) => this.sources.has(candidate + one));
        if (ending !== undefined) return this.sources.get(candidate + ending);
      }
    }
    return undefined;
  }

  private meaningIn(source: Source, node: t.Node, depth: number): Meaning | undefined {
    if (depth > 30) return undefined;
    const inner = ts.isExpression(node) ? bare(node) : node;
    if (ts.isIdentifier(inner)) return this.named(source, inner.text, depth);
    const [whole, part] = ts.isPropertyAccessExpression(inner)
      ? [inner.expression, inner.name.text]
      : ts.isQualifiedName(inner)
        ? [inner.left, inner.right.text]
        : [undefined, ''];
    if (!whole) return ts.isClassLike(inner) ? { kind: 'node', source, node: inner } : undefined;
    const outer = this.meaningIn(source, whole, depth + 1);
    if (outer?.kind === 'file') return this.exported(outer.source, part, depth + 1);
    if (outer?.kind === 'package')
      return { ...outer, name: outer.name === '*' ? part : `${outer.name}.${part}` };
    return undefined;
  }

  private named(source: Source, name: string, depth: number): Meaning | undefined {
    const from = source.imports.get(name);
    if (from) return this.imported(source, from, depth + 1);
    const node = source.declared.get(name);
    return node && this.whatItIs(source, node, depth + 1);
  }

  /** A variable that holds a class, or another name for one, is that class. */
  private whatItIs(source: Source, node: t.Node, depth: number): Meaning | undefined {
    if (ts.isVariableDeclaration(node) && node.initializer) {
      const value = bare(node.initializer);
      if (ts.isClassExpression(value)) return { kind: 'node', source, node: value };
      if (ts.isIdentifier(value))
        return this.meaningIn(source, value, depth) ?? { kind: 'node', source, node };
    }
    return { kind: 'node', source, node };
  }

  private imported(source: Source, { from, name }: Import, depth: number): Meaning | undefined {
    const target = this.locate(from, source.path);
    if (!target) return { kind: 'package', from, name };
    const whole = target.exports.get('default');
    // `module.exports = class …`, required whole.
    if (name === '*' && whole && 'local' in whole && !ts.isObjectLiteralExpression(whole.local)) {
      const isEsm = target.exports.size > 1;
      if (!isEsm) return this.exported(target, 'default', depth);
    }
    return name === '*' ? { kind: 'file', source: target } : this.exported(target, name, depth);
  }

  private exported(source: Source, name: string, depth: number): Meaning | undefined {
    if (depth > 30) return undefined;
    const found = source.exports.get(name);
    if (!found) {
      for (const star of source.stars) {
        const target = this.locate(star, source.path);
        const inner = target && this.exported(target, name, depth + 1);
        if (inner) return inner;
      }
      return undefined;
    }
    if (!('local' in found)) return this.imported(source, found, depth + 1);
    const { local } = found;
    return ts.isIdentifier(local) || ts.isPropertyAccessExpression(local)
      ? this.meaningIn(source, local, depth + 1)
      : { kind: 'node', source, node: local };
  }

  /** The text or number that an expression stands for, if it can be told without running it. */
  literal(node: t.Node | undefined, depth = 0): string | undefined {
    if (!node || depth > 10) return undefined;
    const inner = ts.isExpression(node) ? bare(node) : node;
    if (ts.isStringLiteralLike(inner) || ts.isNumericLiteral(inner)) return inner.text;
    if (ts.isIdentifier(inner)) {
      const found = this.meaning(inner);
      if (found?.kind !== 'node' || !ts.isVariableDeclaration(found.node)) return undefined;
      return this.literal(found.node.initializer, depth + 1);
    }
    if (!ts.isPropertyAccessExpression(inner)) return undefined;
    const whole = this.meaning(inner.expression) ?? undefined;
    if (whole?.kind !== 'node') return this.literalOf(this.meaning(inner), depth);
    const members = membersOf(whole.node);
    return this.literal(members.get(inner.name.text), depth + 1);
  }

  private literalOf(found: Meaning | undefined, depth: number): string | undefined {
    return found?.kind === 'node' && ts.isVariableDeclaration(found.node)
      ? this.literal(found.node.initializer, depth + 1)
      : undefined;
  }

  /** Imports of the folder that lead nowhere: what they name is not known. */
  private sayUnresolved(): void {
    const missing = new Map<string, { at: t.Node; files: Set<string> }>();
    for (const source of this.sources.values()) {
      for (const { from, at } of source.imports.values()) {
        if (
          !ownImport.test(from) ||
          notCode.test(from) ||
          migrations.test(from) ||
          this.locate(from, source.path)
        )
          continue;
        const known = missing.get(from) ?? { at, files: new Set() };
        missing.set(from, { ...known, files: known.files.add(source.path) });
      }
    }
    for (const [from, { at, files }] of missing) {
      const more = files.size > 1 ? ` (here and in ${files.size - 1} more files)` : '';
      this.leftOut.push({ ...placeOf(at), why: `"${from}" leads to nothing in this folder${more}` });
    }
  }
}

/** Surely the application's own; a bare name is taken for a package. */
const ownImport = /^([./#~]|@\/|src\/)/;
/** They are left out as a folder. */
const migrations = /(^|\/)migrations\//;
const notCode = /\.(json|css|scss|html|txt|sql|node|wasm|graphql|proto)$/;

/** Values of an enum or of a constant object, by their names. */
function membersOf(node: t.Node): Map<string, t.Expression> {
  const found = new Map<string, t.Expression>();
  if (ts.isEnumDeclaration(node)) {
    for (const { name, initializer } of node.members) {
      const key = nameOf(name);
      if (key && initializer) found.set(key, initializer);
    }
  }
  const object = ts.isVariableDeclaration(node) && node.initializer ? bare(node.initializer) : undefined;
  if (object && ts.isObjectLiteralExpression(object)) {
    for (const property of object.properties) {
      const key = nameOf(property.name);
      if (key && ts.isPropertyAssignment(property)) found.set(key, property.initializer);
    }
  }
  return found;
}
