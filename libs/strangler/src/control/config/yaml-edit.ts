import { isMap, isNode, isScalar, isSeq, parseDocument, type Document, type Pair, type YAMLMap } from 'yaml';
import { pairOf, type Path } from './yaml-path.js';

/*
 * Edits of a YAML text that touch nothing but the place they are for: comments, quotes, spaces and order elsewhere stay as
 * somebody wrote them. The library's own `toString` writes the whole document anew.
 */

/** A place that cannot be edited this way: an alias, a tag, something that is no mapping. */
export class UneditableError extends Error {}

/** Writes `value`, a piece of YAML in one line, to the path. Mappings on the way to it must be there, but for the last. */
export function setIn(text: string, path: Path, value: string): string {
  const { parent, key } = placeOf(parseDocument(text), path);
  // `inventory: monolith` becomes a mapping as soon as more is to be said.
  if (isScalar(parent)) {
    const [from, to] = spanOf(parent, text);
    return spliced(text, from, to, `{ phase: ${text.slice(from, to)}, ${key}: ${value} }`);
  }
  if (!isMap(parent)) throw new UneditableError(path.join('.'));
  const pair = pairOf(parent, key);
  if (!pair) return added(text, parent, `${key}: ${value}`);
  const [from, to] = spanOf(pair.value, text);
  return spliced(text, from, to, value);
}

/** Whether a single value stands at the path, quoted or not. */
export const isScalarIn = (text: string, path: Path): boolean =>
  isScalar(parseDocument(text).getIn(path, true));

/** Takes the key at the path away, with its value. Nothing happens if it is not there. */
export function deleteIn(text: string, path: Path): string {
  const { parent, key } = placeOf(parseDocument(text), path);
  if (isScalar(parent)) return text;
  if (!isMap(parent)) throw new UneditableError(path.join('.'));
  const i = parent.items.indexOf(pairOf(parent, key) as Pair);
  if (i < 0) return text;
  const [from] = spanOf(parent.items[i]?.key, text);
  const [, to] = spanOf(parent.items[i]?.value, text);
  if (!parent.flow) return spliced(text, lineStart(text, from), lineEnd(text, to) + 1, '');
  const before = parent.items[i - 1];
  if (before) return spliced(text, spanOf(before.value, text)[1], to, '');
  const next = parent.items[i + 1];
  return spliced(text, from, next ? spanOf(next.key, text)[0] : to, '');
}

function placeOf(document: Document, path: Path): { parent: unknown; key: string } {
  let parent: unknown = document.contents;
  for (const part of path.slice(0, -1)) {
    const node: unknown = isSeq(parent)
      ? parent.items[Number(part)]
      : isMap(parent) && pairOf(parent, part)?.value;
    if (!node) throw new UneditableError(path.join('.'));
    parent = node;
  }
  return { parent, key: path.at(-1) ?? '' };
}

function added(text: string, map: YAMLMap, entry: string): string {
  const last = map.items.at(-1);
  if (!last) {
    const [from, to] = spanOf(map, text);
    return spliced(text, from, to, `{ ${entry} }`);
  }
  const [, end] = spanOf(last.value, text);
  if (map.flow) return spliced(text, end, end, `, ${entry}`);
  const [first] = spanOf(map.items[0]?.key, text);
  const indent = ' '.repeat(first - lineStart(text, first));
  const at = lineEnd(text, end);
  return spliced(text, at, at, `\n${indent}${entry}`);
}

/** Where a node stands in the text, without the white space after it. */
function spanOf(node: unknown, text: string): [from: number, to: number] {
  if (!isNode(node) || !node.range) throw new UneditableError('a value is missing');
  const [from, to] = node.range;
  return [from, from + text.slice(from, to).trimEnd().length];
}

const spliced = (text: string, from: number, to: number, by: string): string =>
  text.slice(0, from) + by + text.slice(to);

const lineStart = (text: string, at: number): number => text.lastIndexOf('\n', at - 1) + 1;

const lineEnd = (text: string, at: number): number => {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
};
