import type t from 'typescript';
import { ts } from '../compiler.js';
import { nameOf, nodesIn, propertyOf } from '../read/syntax.js';
import type { ClassFact, Classes } from './classes.js';
import { decorationsOf } from './decorations.js';
import type { Things } from './things.js';
import { siteOf, type RowAccess, type Site, type Usage } from './usage.js';

/** A class that takes more than its methods' arguments: it lives as long as a request, or reads the request's context. */
export interface HiddenInput extends Site {
  what: string;
}

/** What depends on the request without being given it. */
export function hiddenInputs(classes: Classes, things: Things): HiddenInput[] {
  return [...classes.all.values()].flatMap((one) => {
    const scoped = one.decorations.some(
      ({ name, args }) =>
        /^(Injectable|Controller)$/.test(name) &&
        /\.REQUEST\b/.test(propertyOf(args[0], 'scope')?.getText() ?? ''),
    );
    const found: HiddenInput[] = scoped
      ? [{ ...siteOf(classes, one.node), class: one, what: 'lives as long as a request' }]
      : [];
    const maker = one.node.members.find(ts.isConstructorDeclaration);
    for (const parameter of maker?.parameters ?? []) {
      const what = hiddenIn(classes, things, one, parameter);
      if (what !== undefined) found.push({ ...siteOf(classes, parameter), what });
    }
    return found;
  });
}

function hiddenIn(
  classes: Classes,
  things: Things,
  one: ClassFact,
  parameter: t.ParameterDeclaration,
): string | undefined {
  const token = decorationsOf(classes.project, parameter)
    .find(({ name }) => name === 'Inject')
    ?.args[0]?.getText();
  if (token === 'REQUEST' || token === 'CONTEXT') return 'has the request injected';
  const field = things.field(one, nameOf(parameter.name) ?? '');
  return field?.kind === 'package' && /^(ClsService|AsyncLocalStorage|RequestContext)$/.test(field.name)
    ? `reads the request's context (${field.name})`
    : undefined;
}

const answers = (statement: t.Statement): boolean =>
  [...nodesIn(statement)].some((node) => ts.isReturnStatement(node));

/** Rows that are written and an error that follows in the same block: in a command's transaction they are taken back. */
export function writesBeforeThrows({ accesses }: Usage): RowAccess[] {
  return accesses.filter(({ kind, node, isManaged }) => {
    if (kind !== 'write' || isManaged) return false;
    let statement = node.parent;
    while (
      !ts.isBlock(statement.parent) &&
      !ts.isSourceFile(statement.parent) &&
      !ts.isFunctionLike(statement)
    )
      statement = statement.parent;
    if (!ts.isBlock(statement.parent)) return false;
    const { statements } = statement.parent;
    const later = statements.slice(statements.indexOf(statement as t.Statement) + 1);
    const throws = later.findIndex((one) => ts.isThrowStatement(one));
    // `if (written) return …; throw …` throws where nothing was written.
    return throws >= 0 && !later.slice(0, throws).some(answers);
  });
}
