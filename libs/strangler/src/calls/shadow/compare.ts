/** One place at which two answers differ. */
export interface Difference {
  /** Dotted path; `items.*.at` stands for every element of a list. */
  path: string;
  monolith: unknown;
  extracted: unknown;
}

/** So many differences of one pair of answers are kept. */
const mostDifferences = 20;

/**
 * Where two JSON values differ, except at the paths that are declared volatile (`*` stands for every index). A field that
 * is missing and one that is null are different. After GitHub's Scientist: compare, report, never interfere.
 */
export function compare(monolith: unknown, extracted: unknown, volatile: readonly string[]): Difference[] {
  const ignored = new Set(volatile);
  const found: Difference[] = [];
  visit(monolith, extracted, [], (path, a, b) => {
    const general = path.map((part) => (typeof part === 'number' ? '*' : part)).join('.');
    if (ignored.has(general)) return 'ignored';
    if (isLeaf(a, b) && found.length < mostDifferences) {
      found.push({ path: path.join('.'), monolith: a, extracted: b });
    }
    return 'seen';
  });
  return found;
}

type Path = readonly (string | number)[];
type Look = (path: Path, a: unknown, b: unknown) => 'ignored' | 'seen';

function visit(a: unknown, b: unknown, path: Path, look: Look): void {
  if (Object.is(a, b) || look(path, a, b) === 'ignored' || isLeaf(a, b)) return;
  const [left, right] = [a as Container, b as Container];
  const list = Array.isArray(left);
  for (const name of new Set([...Object.keys(left), ...Object.keys(right)])) {
    visit(left[name], right[name], [...path, list ? Number(name) : name], look);
  }
}

type Container = Record<string, unknown>;

/** Whether the two are compared as they are: not two objects, and not two lists of the same length. */
const isLeaf = (a: unknown, b: unknown): boolean =>
  !isContainer(a) ||
  !isContainer(b) ||
  Array.isArray(a) !== Array.isArray(b) ||
  (Array.isArray(a) && a.length !== (b as unknown as unknown[]).length);

const isContainer = (value: unknown): value is Container => typeof value === 'object' && value !== null;
