import { Schema } from '../contract/schema.js';

/**
 * The fields that a routing key is made of: those which its function reads of an example. `undefined`: it reads none, or wants more of the
 * example than that its fields are there.
 */
export function keyFieldsOf(shape: Schema<unknown>, key: (input: never) => unknown): string[] | undefined {
  const read = new Set<string>();
  try {
    key(exampleOf(shape, '', (path) => read.add(path)) as never);
  } catch {
    return undefined;
  }
  return read.size > 0 ? [...read].sort() : undefined;
}

/** An object with all fields of a shape, which tells of each that is read. */
function exampleOf(shape: Schema<unknown>, before: string, tell: (path: string) => void): object {
  const example = {};
  for (const { name, nested, isList } of shape.fields) {
    const path = `${before}${name}`;
    const get = (): unknown => {
      if (!nested) tell(path);
      const one = nested ? exampleOf(nested, `${path}.`, tell) : 'example';
      return isList ? [one] : one;
    };
    Object.defineProperty(example, name, { get, enumerable: true });
  }
  return example;
}
