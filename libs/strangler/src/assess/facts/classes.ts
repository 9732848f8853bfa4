import type t from 'typescript';
import { ts } from '../compiler.js';
import type { Project } from '../read/project.js';
import { classesIn, type Source } from '../read/source.js';
import { attempt } from '../read/attempt.js';
import { bare, nameOf, placeOf } from '../read/syntax.js';
import { decorationsOf, type Decoration } from './decorations.js';

/** A class of the application. */
export interface ClassFact {
  name: string;
  node: t.ClassLikeDeclaration;
  source: Source;
  decorations: Decoration[];
  /** What it extends: a class of the application, or something of a package. */
  base: t.ClassLikeDeclaration | { from: string; name: string; types: readonly t.TypeNode[] } | undefined;
}

/** All classes, by their declarations. What a class extends and cannot be told is left out, and said. */
export class Classes {
  readonly all = new Map<t.Node, ClassFact>();

  constructor(readonly project: Project) {
    for (const source of project.sources.values()) {
      attempt(project.leftOut, source.path, () => {
        for (const node of classesIn(source)) this.all.set(node, this.read(source, node));
      });
    }
  }

  /** The class that an expression or a type's name stands for. */
  named(node: t.Node | undefined): ClassFact | undefined {
    const found = node && this.project.meaning(node);
    return found?.kind === 'node' ? this.all.get(found.node) : undefined;
  }

  /** The class and those that it extends, nearest first. */
  lineOf(one: ClassFact): ClassFact[] {
    const line: ClassFact[] = [];
    for (let next: ClassFact | undefined = one; next && !line.includes(next);) {
      line.push(next);
      const { base }: ClassFact = next;
      next = base && 'kind' in base ? this.all.get(base) : undefined;
    }
    return line;
  }

  /** Members of a class and of those that it extends; of two with one name the nearer. */
  membersOf(one: ClassFact): Map<string, t.ClassElement> {
    const found = new Map<string, t.ClassElement>();
    for (const { node } of this.lineOf(one)) {
      for (const member of node.members) {
        const name = nameOf(member.name);
        if (name !== undefined && !found.has(name)) found.set(name, member);
      }
    }
    return found;
  }

  private read(source: Source, node: t.ClassLikeDeclaration): ClassFact {
    const name = node.name?.text ?? nameOf((node.parent as Partial<t.NamedDeclaration>).name) ?? 'default';
    const { project } = this;
    return { name, node, source, decorations: decorationsOf(project, node), base: this.baseOf(node, name) };
  }

  private baseOf(node: t.ClassLikeDeclaration, name: string): ClassFact['base'] {
    const clause = node.heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword);
    const type = clause?.types[0];
    if (!type) return undefined;
    const expression = bare(type.expression);
    const found = this.project.meaning(expression);
    if (found?.kind === 'node' && ts.isClassLike(found.node)) return found.node;
    if (found?.kind === 'package') {
      const last = found.name.slice(found.name.lastIndexOf('.') + 1);
      return { from: found.from, name: last, types: type.typeArguments ?? [] };
    }
    // Error, Map, EventTarget.
    if (ts.isIdentifier(expression) && !found && expression.text in globalThis) return undefined;
    // PartialType(CreateUser) and its like make DTOs of DTOs: nothing of theirs is looked at.
    if (!ts.isCallExpression(expression) || node.members.some((member) => ts.isMethodDeclaration(member))) {
      const what = expression.getText().slice(0, 60);
      this.project.leftOut.push({
        ...placeOf(node),
        why: `${name} extends ${what}, which is not understood`,
      });
    }
    return undefined;
  }
}

/** Whether a class is, or extends, something of a package. */
export const extendsPackage = (line: readonly ClassFact[], from: string, pattern: RegExp): boolean =>
  line.some(({ base }) => !!base && 'from' in base && base.from === from && pattern.test(base.name));
