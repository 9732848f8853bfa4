import { ts } from '../compiler.js';
import type { SourceText } from './folder.js';

/** Where an import that is not relative may lead: paths below the folder, without their endings. */
export type Aliases = (specifier: string, from: string) => string[];

interface Rule {
  /** Files below it follow the rule. */
  scope: string;
  /** `@app/*`; at most one star. */
  pattern: string;
  targets: string[];
}

/** Reads `paths` and `baseUrl` of every tsconfig, and `imports` and names of every package.json. */
export function readAliases(texts: readonly SourceText[]): Aliases {
  const rules = texts.flatMap((text) => {
    const name = text.path.slice(text.path.lastIndexOf('/') + 1);
    if (/^(tsconfig|jsconfig)/.test(name)) return tsconfigRules(text);
    return name === 'package.json' ? packageRules(text) : [];
  });
  rules.sort((a, b) => b.scope.length - a.scope.length || b.pattern.length - a.pattern.length);
  return (specifier, from) =>
    rules
      .filter(({ scope }) => scope === '' || from.startsWith(`${scope}/`))
      .flatMap(({ pattern, targets }) => {
        const rest = match(pattern, specifier);
        return rest === undefined ? [] : targets.map((target) => target.replace('*', () => rest));
      });
}

function match(pattern: string, specifier: string): string | undefined {
  const star = pattern.indexOf('*');
  if (star < 0) return pattern === specifier ? '' : undefined;
  const [before, after] = [pattern.slice(0, star), pattern.slice(star + 1)];
  const fits =
    specifier.length >= pattern.length - 1 && specifier.startsWith(before) && specifier.endsWith(after);
  return fits ? specifier.slice(before.length, specifier.length - after.length) : undefined;
}

function tsconfigRules({ path, text }: SourceText): Rule[] {
  const scope = folderOf(path);
  const config = record(ts.parseConfigFileTextToJson(path, text).config as unknown);
  const options = record(config['compilerOptions']);
  const { baseUrl } = options;
  const base = join(scope, typeof baseUrl === 'string' ? baseUrl : '.');
  const rules = Object.entries(record(options['paths'])).map(([pattern, targets]) => ({
    scope,
    pattern,
    targets: strings(targets).map((target) => join(base, target)),
  }));
  if (typeof baseUrl === 'string') rules.push({ scope, pattern: '*', targets: [join(base, '*')] });
  return rules;
}

function packageRules({ path, text }: SourceText): Rule[] {
  const scope = folderOf(path);
  const { name, imports } = record(ts.parseConfigFileTextToJson(path, text).config as unknown);
  const rules = Object.entries(record(imports)).map(([pattern, target]) => ({
    scope,
    pattern,
    targets: strings(target).map((one) => join(scope, one)),
  }));
  // A workspace of a monorepo is imported by its name from anywhere.
  if (typeof name === 'string' && name !== '') {
    rules.push({ scope: '', pattern: name, targets: [join(scope, 'src/index'), join(scope, 'index')] });
    rules.push({ scope: '', pattern: `${name}/*`, targets: [join(scope, '*'), join(scope, 'src/*')] });
  }
  return rules;
}

const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

/** Every text in a value: conditions of `imports` lead to several. */
function strings(value: unknown, depth = 0): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null || depth > 5) return [];
  return Object.values(value).flatMap((one) => strings(one, depth + 1));
}

/** The folder of a path; empty for what lies in the folder that is read. */
export const folderOf = (path: string): string => path.slice(0, Math.max(path.lastIndexOf('/'), 0));

/** A path from a folder, `.` and `..` resolved. It never leaves the folder that is read. */
export function join(folder: string, path: string): string {
  const parts: string[] = [];
  for (const part of [...folder.split('/'), ...path.split('/')]) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/');
}
