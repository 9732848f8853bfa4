import type { AssessedModule, NextModule } from '../assessment.js';

/**
 * The order in which to go: of those that are left always the one with the least to do. What was between it and a module that
 * has left is done by then, so a module may become cheap. Modules without tables have nothing to move.
 */
export function orderToGo(modules: readonly AssessedModule[]): NextModule[] {
  const left = modules.filter(({ tables }) => tables.length > 0);
  const gone = new Set<string>();
  const order: NextModule[] = [];
  while (left.length > 0) {
    const ranked = left
      .map((module) => ({ module, points: remaining(module, gone) }))
      .sort(
        (a, b) =>
          a.points - b.points ||
          b.module.callers - a.module.callers ||
          (a.module.name < b.module.name ? -1 : 1),
      );
    const { module, points } = ranked[0]!;
    order.push({ module: module.name, points, why: why(module, gone) });
    gone.add(module.name);
    left.splice(left.indexOf(module), 1);
  }
  return order;
}

const isDone = (partners: readonly string[], gone: ReadonlySet<string>): boolean =>
  partners.some((one) => gone.has(one));

const remaining = ({ obstacles }: AssessedModule, gone: ReadonlySet<string>): number =>
  obstacles.filter((one) => !isDone(one.with, gone)).reduce((sum, { points }) => sum + points, 0);

function why({ obstacles, effort }: AssessedModule, gone: ReadonlySet<string>): string {
  const blocking = obstacles.filter((one) => one.blocks && !isDone(one.with, gone));
  const saved = effort.points - remaining({ obstacles } as AssessedModule, gone);
  const cheaper = saved > 0 ? ` (${saved} points are done with those before)` : '';
  if (blocking.length === 0) return `nothing has to be undone first${cheaper}`;
  const kinds = new Map<string, number>();
  for (const { kind } of blocking) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  const list = [...kinds].map(([kind, count]) => counted(kind, count));
  return `undo first: ${list.join(', ')}${cheaper}`;
}

const words: Record<string, [one: string, many: string]> = {
  transaction: ['transaction over modules', 'transactions over modules'],
  'writes past': ['writer past a service', 'writers past a service'],
  'reads past': ['reader past a service', 'readers past a service'],
  'sql across': ['statement over modules', 'statements over modules'],
  relation: ['eager relation', 'eager relations'],
  'join table': ['join table across', 'join tables across'],
  'cannot cross': ['method that cannot cross', 'methods that cannot cross'],
  subscriber: ["subscriber of another's rows", "subscribers of another's rows"],
  request: ['class that needs the request', 'classes that need the request'],
};

const counted = (kind: string, count: number): string =>
  `${count} ${words[kind]?.[count === 1 ? 0 : 1] ?? kind}`;
