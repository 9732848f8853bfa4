import type { Dto } from './dto.js';
import type { FieldError } from './errors.js';
import { validateSync } from 'class-validator';
import { isFields, type Fields } from './checks.js';
import { isText, nul } from './text.js';

/** Problems told of one value: enough to mend it by, few enough for an answer. */
const mostTold = 20;

/** Longer names of undeclared fields are cut, in UTF-16 units: they are the sender's. */
const longestName = 40;

/** Text beyond this is not looked at, in UTF-16 units: no rule of a field needs so much to see that it is broken. */
const longestText = 10_000;

/** What the explanation needs to know of a field of a compiled class. */
export interface ExplainedField {
  readonly name: string;
  readonly canonical: ((text: string) => string) | undefined;
  readonly nested: Explained | undefined;
  /** The longest list that is looked at. */
  readonly most: number;
}

/** A compiled class. */
interface Explained {
  readonly dto: Dto<unknown>;
  readonly fields: readonly ExplainedField[];
  readonly names: ReadonlySet<string>;
  holds(value: unknown): boolean;
}

/**
 * What is wrong with a value that its shape has refused, in class-validator's words. class-validator sees one level at a
 * time, and of that a stand-in: what the sender may make as wide, long or deep as he likes never gets there.
 */
export function explain(shape: Explained, value: unknown): Told {
  const told = new Told();
  explainLevel(shape, value, [], told);
  return told;
}

/** The problems found so far, no more than {@link mostTold}. */
class Told {
  readonly errors: FieldError[] = [];
  /** The same for people: each begins with the path of its field. */
  readonly sentences: string[] = [];

  get full(): boolean {
    return this.errors.length >= mostTold;
  }

  has(path: readonly string[]): boolean {
    return this.errors.some(({ pointer }) => pointer === pointerOf(path));
  }

  add(path: readonly string[], message: string): void {
    if (this.full) return;
    const field = path.at(-1);
    this.errors.push({ pointer: pointerOf(path), message });
    if (field === undefined) this.sentences.push(message);
    else if (message.startsWith(`${field} `)) this.sentences.push([...path.slice(0, -1), message].join('.'));
    else this.sentences.push(`${path.join('.')}: ${message}`);
  }
}

function explainLevel(shape: Explained, value: unknown, path: readonly string[], told: Told): void {
  if (!isFields(value)) return told.add(path, 'an object is expected');
  tellUndeclared(shape, value, path, told);
  if (told.full) return;
  for (const { property, constraints } of validateSync(standInOf(shape, value), rules)) {
    for (const text of Object.values(constraints ?? {}))
      told.add([...path, property], text.replace(/^(nested )?property /, ''));
  }
  for (const field of shape.fields) explainField(field, value[field.name], [...path, field.name], told);
}

const rules = { forbidUnknownValues: false };

function tellUndeclared({ names }: Explained, value: Fields, path: readonly string[], told: Told): void {
  for (const name in value) {
    if (told.full) return;
    if (!names.has(name)) told.add([...path, shown(name)], `${shown(name)} should not exist`);
  }
}

function explainField(field: ExplainedField, item: unknown, path: readonly string[], told: Told): void {
  const { name, nested, most } = field;
  const parts = Array.isArray(item) ? (item as unknown[]) : undefined;
  // A list whose class does not say how long it may be: class-validator has nothing to say of it.
  if (parts && parts.length > most && !told.has(path))
    told.add(path, `${name} must contain no more than ${most} elements`);
  if (!nested) explainTexts(name, parts?.slice(0, most) ?? [item], path, told);
  else if (parts) explainParts(nested, parts.slice(0, most), path, told);
  else if (isFields(item)) explainLevel(nested, item, path, told);
}

function explainTexts(name: string, items: readonly unknown[], path: readonly string[], told: Told): void {
  const texts = items.filter((item) => typeof item === 'string');
  if (texts.some((text) => text.includes(nul))) told.add(path, `${name} must not contain NUL`);
  else if (!texts.every(isText)) told.add(path, `${name} must be well-formed Unicode`);
}

function explainParts(
  shape: Explained,
  parts: readonly unknown[],
  path: readonly string[],
  told: Told,
): void {
  for (const [i, part] of parts.entries()) {
    if (told.full) return;
    // Most are right, and class-validator takes a hundred times as long to say so.
    if (isFields(part) && !shape.holds(part)) explainLevel(shape, part, [...path, String(i)], told);
  }
}

/** An object of the class with the fields of `value`, and in place of everything inside them nothing. */
function standInOf({ dto, fields }: Explained, value: Fields): object {
  const standIn = Object.create(dto.prototype as object) as Fields;
  for (const { name, canonical, most } of fields) {
    const item = value[name];
    if (typeof item === 'string') {
      const text = item.slice(0, longestText);
      standIn[name] = canonical?.(text) ?? text;
    } else if (Array.isArray(item)) {
      // One more than there may be shows that there are too many.
      standIn[name] = (item.slice(0, most + 1) as unknown[]).map(hollow);
    } else standIn[name] = hollow(item);
  }
  return standIn;
}

function hollow(item: unknown): unknown {
  if (Array.isArray(item)) return [];
  return isFields(item) ? {} : item;
}

/** JSON Pointer (RFC 6901). */
const pointerOf = (path: readonly string[]): string =>
  path.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** A name that somebody sent, fit to be sent back. */
function shown(name: string): string {
  const text = name
    .slice(0, longestName)
    .toWellFormed()
    .replace(/\p{Cc}/gu, '\uFFFD');
  return name.length > longestName ? `${text}…` : text;
}
