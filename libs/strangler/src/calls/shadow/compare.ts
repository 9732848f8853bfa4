/** One place at which two answers differ. */
export interface FieldDifference {
  /** Dotted path; `items.*.at` stands for every element of a list. Of one that is very deep, its beginning. */
  path: string;
  monolith: unknown;
  extracted: unknown;
}

/** So many differences of one pair of answers are kept. */
const mostDifferences = 20;
/** So many steps of a path are told. */
const longestPath = 50;

/**
 * Where two JSON values differ, except at the paths that are declared volatile (`*` stands for every index). A field that
 * is missing and one that is null are different. After GitHub's Scientist: compare, report, never interfere. Each value is looked at once,
 * whatever its depth: an answer may be as its writer likes.
 *
 * @internal
 */
export function compare(
  monolith: unknown,
  extracted: unknown,
  volatile: readonly string[],
): FieldDifference[] {
  const found: FieldDifference[] = [];
  const open: Pair[] = [{ a: monolith, b: extracted, place: undefined, ignored: treeOf(volatile) }];
  for (let pair = open.pop(); pair && found.length < mostDifferences; pair = open.pop()) {
    const { a, b, place, ignored } = pair;
    if (Object.is(a, b) || ignored?.ends) continue;
    if (isContainer(a) && isContainer(b) && haveSameForm(a, b)) {
      for (const part of partsOf(a, b, pair).reverse()) open.push(part);
    } else found.push({ path: pathOf(place), monolith: a, extracted: b });
  }
  return found;
}

type Container = Record<string, unknown>;

/** Where a value stands, from the inside out. */
interface Place {
  part: string;
  depth: number;
  within: Place | undefined;
}

interface Pair {
  a: unknown;
  b: unknown;
  place: Place | undefined;
  /** What is not to be compared below it. */
  ignored: Ignored | undefined;
}

/** Paths, by their parts. */
interface Ignored {
  ends: boolean;
  below: Map<string, Ignored>;
}

function partsOf(a: Container, b: Container, { place, ignored }: Pair): Pair[] {
  const list = Array.isArray(a);
  const depth = (place?.depth ?? 0) + 1;
  const names = list ? Object.keys(a) : [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return names
    .filter((name) => !Object.is(a[name], b[name]))
    .map((part) => ({
      ...{ a: a[part], b: b[part] },
      place: { part, depth, within: place },
      ignored: ignored?.below.get(list ? '*' : part),
    }));
}

function treeOf(paths: readonly string[]): Ignored {
  const root: Ignored = { ends: false, below: new Map() };
  for (const path of paths) {
    let at = root;
    for (const part of path.split('.')) {
      const next = at.below.get(part) ?? { ends: false, below: new Map<string, Ignored>() };
      at.below.set(part, next);
      at = next;
    }
    at.ends = true;
  }
  return root;
}

function pathOf(place: Place | undefined): string {
  const parts: string[] = [];
  for (let at = place; at; at = at.within) if (at.depth <= longestPath) parts.unshift(at.part);
  return parts.join('.') + ((place?.depth ?? 0) > longestPath ? '.…' : '');
}

/** Whether two objects, or two lists of the same length: else they are compared as they are. */
const haveSameForm = (a: Container, b: Container): boolean =>
  Array.isArray(a) === Array.isArray(b) &&
  (!Array.isArray(a) || a.length === (b as unknown as unknown[]).length);

const isContainer = (value: unknown): value is Container => typeof value === 'object' && value !== null;
