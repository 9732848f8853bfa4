import { randomUUID } from 'node:crypto';
import { chown, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { FileChange, FileEdit } from './file-edit.js';
import { RefusedError } from '../terms/refused.js';
import { hashOf, type WishesFile } from './wishes-file.js';

/**
 * Writes `strangler.yaml` for an operator: the file that this process reads, and only what it has read.
 *
 * @internal
 */
export class FileWriter<C extends { module: string } = FileChange> {
  private writing: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly path: string,
    /** The text with the change; undefined: it cannot be made. */
    private readonly editOf: (text: string, change: C) => FileEdit | undefined,
    private readonly file: Pick<WishesFile, 'look' | 'reading'>,
  ) {}

  /** What would be written. @throws {RefusedError} when it cannot be, with what to do instead. */
  async plan(change: C): Promise<FileEdit> {
    return (await this.prepared(change)).edit;
  }

  /** Writes it; {@link read} lets it count. @throws {RefusedError} as above, or when somebody else changed the file meanwhile. */
  write(change: C): Promise<FileEdit> {
    const written = this.writing.then(async () => {
      const { edit, text } = await this.prepared(change);
      if (edit.text !== text) await this.replace(edit, hashOf(text));
      return edit;
    });
    this.writing = written.catch(() => undefined);
    return written;
  }

  /** Reads the file now instead of at the next look. */
  read(): Promise<void> {
    return this.file.look();
  }

  /** Why the file is refused as it is now; null: it is not. */
  async problem(): Promise<string | null> {
    await this.file.look();
    return this.file.reading.problem;
  }

  private async prepared(change: C): Promise<{ edit: FileEdit; text: string }> {
    const problem = await this.problem();
    if (problem !== null) throw new RefusedError(`${problem}; mend it first`);
    const { hash } = this.file.reading;
    const text = await readFile(this.path, 'utf8').catch((error: unknown) => this.unable(error, change));
    if (hashOf(text) !== hash) throw changedMeanwhile(this.path);
    const edit = this.editOf(text, change);
    if (!edit) {
      throw new RefusedError(
        `${this.path} says ${change.module} in a way that cannot be changed from here (an alias, for instance): change it by hand`,
      );
    }
    return { edit, text };
  }

  /** Beside the file, then in its place: who reads it meanwhile sees the old text or the new one, whole. */
  private async replace(edit: FileEdit, hash: string): Promise<void> {
    const target = await realpath(this.path);
    const beside = join(dirname(target), `.${basename(target)}.${randomUUID()}`);
    try {
      const { mode, uid, gid } = await stat(target);
      const file = await open(beside, 'wx', mode);
      await file
        .writeFile(edit.text)
        .then(() => file.sync())
        .finally(() => file.close());
      await chown(beside, uid, gid).catch(() => undefined);
      if (hashOf(await readFile(target, 'utf8')) !== hash) throw changedMeanwhile(this.path);
      await rename(beside, target);
    } catch (error) {
      await rm(beside, { force: true }).catch(() => undefined);
      throw error instanceof RefusedError ? error : this.unwritable(error, edit);
    }
  }

  private unwritable(error: unknown, { line, after }: FileEdit): RefusedError {
    const { code, message } = error as NodeJS.ErrnoException;
    return new RefusedError(
      `${this.path} on ${hostname()} cannot be written (${code ?? message}); change line ${line} there by hand: ${after}`,
    );
  }

  private unable(error: unknown, { module }: C): never {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new RefusedError(
      `${this.path} on ${hostname()} cannot be read (${code ?? message}), so ${module} cannot be changed there`,
    );
  }
}

const changedMeanwhile = (path: string): RefusedError =>
  new RefusedError(
    `somebody changed ${path} at the same moment; look at it, and repeat it if it still makes sense`,
  );
