/*
 * What only the source of a class says: private names are nowhere else. Compiled for targets before ES2022 they are WeakMaps behind
 * helpers, whose first argument is the object that is reached into.
 */

const comments = /\/\*[\s\S]*?\*\/|(?<=^|[\s;{}(),])\/\/.*$/gm;
const texts = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g;

const sourceOf = (each: object): string =>
  Function.prototype.toString.call(each).replace(texts, '').replace(comments, '');

/** Whether a class has `#private` names. */
export const hasPrivateFields = (each: object): boolean =>
  /[\s;{.]#[A-Za-z_$]|__classPrivateField|_class_private_/.test(sourceOf(each));

/** A private name that a class reaches in an object that need not be `this`. */
export function privateReach(each: object): string | undefined {
  const source = sourceOf(each);
  const found =
    /(?<!this)(?:\?\.|\.)#([\w$]+)/.exec(source) ??
    /#([\w$]+)\s+in\s/.exec(source) ??
    /__classPrivateField(?:Get|Set|In)\((?!this\b)[\w$]+,\s*_?([\w$]+)/.exec(source);
  return found?.[1];
}
