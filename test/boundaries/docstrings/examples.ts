import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';

/** What a package exports under one of its names. */
export interface Exported {
  /** `nestjs-strangler/contract`, or another entry. */
  readonly entry: string;
  readonly name: string;
  /** Its docstring, as it stands there; empty: it has none. */
  readonly docstring: string;
}

type Named = Pick<Exported, 'entry' | 'name'>;

/** A piece of code in a docstring. */
export interface Example {
  readonly file: string;
  readonly line: number;
  readonly code: string;
}

const root = process.cwd();
const packages = {
  'nestjs-strangler': 'libs/strangler',
  'nestjs-strangler-embedded-servers': 'libs/embedded-servers',
};
const here = join(root, 'test/boundaries/docstrings');

/** The packages' entries by their names, with the files that they are made of. */
const entries = (): Map<string, string> =>
  new Map(Object.entries(packages).flatMap(([name, folder]) => entriesOf(name, join(root, folder))));

function entriesOf(name: string, folder: string): [entry: string, file: string][] {
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    exports: Record<string, string | { source?: string }>;
  };
  return Object.entries(exports).flatMap(([path, how]) =>
    typeof how === 'object' && how.source ? [[join(name, path), join(folder, how.source)]] : [],
  );
}

/** The files that the entries take their names from. */
export const publicFiles = (): string[] =>
  [...entries().values()].flatMap((entry) =>
    statementsOf(entry)
      .filter(ts.isExportDeclaration)
      .map(({ moduleSpecifier }) => (moduleSpecifier as ts.StringLiteral).text.replace(/\.js$/, '.ts'))
      .map((file) => relative(root, join(dirname(entry), file))),
  );

const statementsOf = (file: string): readonly ts.Statement[] =>
  ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest).statements;

/** An example need not use all that it declares, and is compiled for its types alone. */
const loose: ts.CompilerOptions = {
  ...{ noUnusedLocals: false, noUnusedParameters: false, isolatedModules: false },
  ...{ emitDecoratorMetadata: false, incremental: false, tsBuildInfoFile: undefined },
};

const codeIn = /@example[\s*]*```ts\n([^]*?)```/g;

/** All examples of these sources. */
export function examplesIn(sources: ReadonlyMap<string, string>): Example[] {
  return [...sources].flatMap(([file, text]) =>
    [...text.matchAll(codeIn)].map((found) => ({
      file,
      line: text.slice(0, found.index).split('\n').length,
      code: found[1]!.replace(/^ *\* ?/gm, ''),
    })),
  );
}

/** The packages' names, and what the compiler says of the examples. */
export class Docstrings {
  private readonly program: ts.Program;
  private readonly texts = new Map<string, string>();
  readonly exported: readonly Exported[];

  constructor(private readonly examples: readonly Example[]) {
    const given = join(here, 'given.ts');
    const known = [
      ...namesIn(given).map((name) => ({ entry: './given.js', name })),
      ...[...entries()].flatMap(([entry, file]) => namesIn(file).map((name) => ({ entry, name }))),
    ];
    // What its own file exports, an example may use, whichever entry exports it.
    examples.forEach(({ code, file }, i) =>
      this.texts.set(fileOf(i), withImports(code, [...ownOf(file), ...known])),
    );
    const { options } = ts.getParsedCommandLineOfConfigFile(join(root, 'tsconfig.json'), loose, {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: () => undefined,
    })!;
    const host = ts.createCompilerHost(options);
    const { fileExists, readFile } = host;
    host.fileExists = (file) => this.texts.has(file) || fileExists(file);
    host.readFile = (file) => this.texts.get(file) ?? readFile(file);
    this.program = ts.createProgram([...entries().values(), given, ...this.texts.keys()], options, host);
    this.exported = [...entries()].flatMap(([entry, file]) => exportsOf(this.program, entry, file));
  }

  /** A line for each thing that the compiler does not take. */
  problems(): string[] {
    return this.examples.flatMap(({ file, line }, i) => {
      const source = this.program.getSourceFile(fileOf(i))!;
      const found = [
        ...this.program.getSyntacticDiagnostics(source),
        ...this.program.getSemanticDiagnostics(source),
      ];
      return found.map(
        ({ messageText, start = 0 }) =>
          `${file}:${line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')} (at "${source.text.slice(start, start + 30)}")`,
      );
    });
  }
}

const fileOf = (index: number): string => join(here, `example-${index}.ts`);

const ownOf = (file: string): Named[] =>
  existsSync(file)
    ? namesIn(file).map((name) => ({ entry: relative(here, join(root, file)).replace(/\.ts$/, '.js'), name }))
    : [];

/** What a file exports by name, without looking further. */
function namesIn(file: string): string[] {
  const names: string[] = [];
  for (const statement of statementsOf(file)) {
    if (
      ts.isExportDeclaration(statement) &&
      statement.exportClause &&
      ts.isNamedExports(statement.exportClause)
    )
      names.push(...statement.exportClause.elements.map(({ name }) => name.text));
    else if (ts.canHaveModifiers(statement) && ts.getModifiers(statement)?.some(isExport))
      names.push(...declaredBy(statement));
  }
  return names;
}

const isExport = ({ kind }: ts.Modifier): boolean => kind === ts.SyntaxKind.ExportKeyword;

const declaredBy = (statement: ts.Statement): string[] =>
  ts.isVariableStatement(statement)
    ? statement.declarationList.declarations.map(({ name }) => (name as ts.Identifier).text)
    : [(statement as ts.ClassDeclaration).name!.text];

function exportsOf(program: ts.Program, entry: string, file: string): Exported[] {
  const checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(program.getSourceFile(file)!)!;
  return checker.getExportsOfModule(module).map((found) => {
    const symbol = found.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(found) : found;
    const docs = (symbol.declarations ?? []).flatMap((declaration) =>
      ts.getJSDocCommentsAndTags(declaration),
    );
    return {
      entry,
      name: found.name,
      docstring: docs
        .filter(ts.isJSDoc)
        .map((doc) => doc.getText())
        .join('\n'),
    };
  });
}

/** What an example declares or imports itself is its own. */
function withImports(code: string, known: readonly Named[]): string {
  const own = new Set(
    [...code.matchAll(/(?:const|class|function|interface|type|let)\s+(\w+)/g)].map(([, name]) => name),
  );
  for (const [, names = ''] of code.matchAll(/import (?:type )?\{([^}]*)\}/g))
    for (const name of names.split(',')) own.add(name.trim());
  const used = new Set(code.match(/\b\w+\b/g));
  const taken = new Set<string>();
  const lines = known.flatMap(({ entry, name }) => {
    if (own.has(name) || !used.has(name) || taken.has(name)) return [];
    taken.add(name);
    return [`import { ${name} } from '${entry}';`];
  });
  return `${lines.join('\n')}\n${code}\nexport {};\n`;
}
