/** A file that `init` makes; its text is what it would be today. */
export interface NewFile {
  path: string;
  text: string;
}

/**
 * What `init` does to an application. Paths are below its folder, with `/`.
 *
 * @example
 * ```ts
 * const files = ({ files, edit }: InitPlan) => [...files.map(({ path }) => path), ...(edit ? [edit.path] : [])];
 * ```
 */
export interface InitPlan {
  /** The class that the application starts with, and where it stands. */
  root: { name: string; path: string };
  /** Written where they are not there yet. */
  files: NewFile[];
  /** The root module's file with the toolkit in it; null: it has it already, or cannot be changed safely. */
  edit: { path: string; text: string } | null;
  /** What a person has to put in where the file cannot be changed safely: where, why, and the text. */
  paste: { path: string; why: string; text: string } | null;
  /** Modules that can be served by the service's entry, by their names. */
  served: string[];
  /** What is to be done next, one sentence each. */
  next: string[];
}

/**
 * `init` cannot work there: the message says why.
 *
 * @example
 * ```ts
 * const messageOf = (error: unknown) => (error instanceof InitError ? error.message : undefined);
 * ```
 */
export class InitError extends Error {}
