import { isMap, isScalar, isSeq, type Document, type Pair, type YAMLMap } from 'yaml';

/** The keys that lead to a place in a document; of a list, the index. */
export type Path = readonly string[];

/** Where the key at the path begins in the text, or the last key on the way to it that is there. */
export function offsetOf(document: Document, path: Path): number {
  let [node, offset]: [unknown, number] = [document.contents, 0];
  for (const part of path) {
    if (isSeq(node)) {
      node = node.items[Number(part)];
      offset = startOf(node) ?? offset;
      continue;
    }
    const pair = isMap(node) ? pairOf(node, part) : undefined;
    if (!pair) break;
    offset = startOf(pair.key) ?? offset;
    node = pair.value;
  }
  return offset;
}

/** The pair of a key; undefined: there is none. */
export const pairOf = (map: YAMLMap, key: string): Pair | undefined =>
  map.items.find((pair) => isScalar(pair.key) && pair.key.value === key);

const startOf = (node: unknown): number | undefined => (node as { range?: [number] } | null)?.range?.[0];
