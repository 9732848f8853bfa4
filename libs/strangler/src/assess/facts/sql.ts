import type t from 'typescript';
import { ts } from '../compiler.js';
import type { Project } from '../read/project.js';
import { bare } from '../read/syntax.js';
import type { Entity } from './entity.js';

const named =
  /\b(delete\s+from|from|join|update|into|truncate(?:\s+table)?)\s+(?:only\s+)?((?:"[^"]+"|\w+)(?:\.(?:"[^"]+"|\w+))?)/gi;

/** The tables of entities that a written statement names, and whether it writes them. */
export function tablesIn(
  project: Project,
  all: readonly Entity[],
  node: t.Expression | undefined,
): { entity: Entity; writes: boolean }[] {
  const text = staticText(project, node);
  return [...text.matchAll(named)].flatMap(([, verb = '', name = '']) => {
    const table = name.replaceAll('"', '').split('.').at(-1)?.toLowerCase();
    const entity = all.find((one) => one.table.toLowerCase() === table);
    return entity ? [{ entity, writes: /^(delete|update|into|truncate)/i.test(verb) }] : [];
  });
}

/** What of a text is known without running anything. */
function staticText(project: Project, node: t.Expression | undefined, depth = 0): string {
  const inner = node && bare(node);
  if (!inner || depth > 200) return '';
  if (ts.isTemplateExpression(inner))
    return inner.head.text + inner.templateSpans.map(({ literal }) => ` ? ${literal.text}`).join('');
  if (ts.isTaggedTemplateExpression(inner)) return staticText(project, inner.template, depth + 1);
  if (ts.isBinaryExpression(inner))
    return staticText(project, inner.left, depth + 1) + staticText(project, inner.right, depth + 1);
  return project.literal(inner) ?? '';
}
