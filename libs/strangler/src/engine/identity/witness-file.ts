import { Logger } from '@nestjs/common';
import { readFileSync, rmSync, statSync } from 'node:fs';
import { described } from '../../database/failure.js';
import { appendJson, readJson, readJsonLines, writeJson } from './json-file.js';
import { comparePositions, nowhere, type Position } from './position.js';
import type { Received } from './standing.js';
import { lastOf, withSeen, type SeenBatch, type Unprovable, type Witness } from './witness.js';

/** What of a file can be relied on: it was written since this machine began to run, or was synced when its process ended. */
interface Kept extends Witness {
  boot: string | null;
  synced: boolean;
  /** Not all is in it that was relied on since: it says that the module was paired, and proves nothing. */
  gaveUp?: boolean;
  /** Starts before this one, the latest last. Their times say nothing of their order: a clock may be set back. */
  before?: readonly string[];
}

/** Whoever relies on what was written is answered within so many ms: nobody waits for longer. */
const answeredMs = 10_000;

/** So many earlier starts are known. */
const remembered = 20;

/** A longer file is written anew instead of growing, in UTF-16 units: it is read for each batch. */
const longest = 16_000;

/**
 * The witness of one module and database: two files outside of the data folder, for a backup of the one is no backup of the other.
 * Each change is written before it is relied on; that it is on the disk matters only to a machine that has ended since, and there a
 * file counts that was synced as its process ended. All processes of a side have to share them. They are small, and stay in the page
 * cache. A batch is a line more: to put another file in its place takes ten times as long, for ext4 then begins to write it to the disk.
 * What cannot be read proves nothing, and what cannot be written down is given up: then only the peer can prove a start.
 */
export class WitnessFile {
  private readonly logger = new Logger(WitnessFile.name);
  private database = '';

  /** `base`: a folder, if it ends with a slash; else what the name of the file begins with. */
  constructor(
    private readonly base: string,
    private readonly module: string,
  ) {}

  /** Whose witness it is: the other side's, and another shop's, may lie beside it. */
  locate(database: string): void {
    this.database = database;
  }

  get path(): string {
    const { base, database, module } = this;
    return `${base}${base.endsWith('/') ? '' : '.'}${database}.${module}`;
  }

  /** Undefined: the module was never paired here. Null: it was, and nothing here can prove it. */
  read(): Witness | null | undefined {
    const kept = this.kept();
    if (!kept) return undefined;
    const { epoch, unreadable } = this.epochSeen();
    const counts = kept.synced || (kept.boot !== null && kept.boot === bootId());
    return counts && !kept.gaveUp && !unreadable ? { ...kept, epoch: Math.max(kept.epoch, epoch) } : null;
  }

  /** A start is proven: from here on only what has come since it counts. @throws when what stands there cannot be changed. */
  begin(witness: Witness): void {
    const kept = this.kept();
    // Another process may write there just now what came after this one had asked: a hand-off later, too.
    if (kept && isSame(kept, witness)) {
      this.reopen(kept);
      return this.sawEpoch(witness.epoch);
    }
    const former = kept?.start && kept.start !== witness.start ? [kept.start] : [];
    const before = [...(kept?.before ?? []), ...former].slice(-remembered);
    // One that was synced must not outlive what is written without it from now on.
    this.write({ ...witness, boot: bootId(), synced: false, before });
  }

  private reopen(kept: Kept): void {
    if (kept.synced) this.write({ ...kept, boot: bootId(), synced: false });
  }

  /**
   * The peer has stored a batch of this start. False: nobody may be told, for a later start has been proven without it, or it cannot
   * be written down.
   */
  stored(start: string, batch: Received, confirmed: Position | null, life: number): boolean {
    const found = this.found();
    // Without one the peer is asked at the next start, and tells of this batch.
    if (!found) return true;
    const { kept, mayGrow } = found;
    if (kept.before?.includes(start)) return false;
    if (kept.gaveUp) return true;
    // This start was proven by a process that writes another file: here nobody knows what that one has seen.
    if (kept.start !== start) return this.giveUp('another process has proven this start');
    if (kept.term > batch.term) return true;
    const seen: SeenBatch = { start, batch, confirmed, life };
    try {
      if (mayGrow) appendJson(this.path, seen);
      else
        writeJson(
          this.path,
          { ...withSeen(kept, seen), boot: bootId(), synced: false },
          { sync: kept.synced },
        );
      return true;
    } catch (error) {
      return this.giveUp(error);
    }
  }

  /**
   * Another process leads, and this is confirmed. Who shares this file has written it down here before; whoever has not, writes
   * another one, and this one is given up. Whether it was.
   */
  follow(confirmed: Position): boolean {
    const kept = this.kept();
    if (!kept || kept.gaveUp || comparePositions(lastOf(kept), confirmed) >= 0) return false;
    return this.giveUp('the process that leads writes another file');
  }

  /** By when all was answered that relies on what is written here (RFC 3339). */
  answeredUntil(): string {
    return new Date(statSync(this.path).mtimeMs + answeredMs).toISOString();
  }

  /** Keeps what cannot be proven, until a person deletes it. */
  report(found: Unprovable): void {
    const earlier = this.unprovable();
    const since = earlier ? earliest(earlier.since, found.since) : found.since;
    writeJson(this.reportPath, { ...found, since, above: earlier?.above ?? found.above }, { sync: true });
  }

  /** What was reported, and in which file. */
  unprovable(): (Unprovable & { path: string }) | undefined {
    const path = this.reportPath;
    try {
      const found = readJson<Unprovable>(path);
      return found && { ...found, path };
    } catch {
      // That something was missing is all that is left of it.
      return { since: null, until: statSync(path).mtime.toISOString(), above: nowhere, upTo: nowhere, path };
    }
  }

  /** The epoch has changed. In a file of its own, since another process may write the other one. */
  sawEpoch(epoch: number): void {
    const kept = this.kept();
    const seen = this.epochSeen();
    if (!kept || kept.gaveUp || (!seen.unreadable && Math.max(kept.epoch, seen.epoch) >= epoch)) return;
    try {
      writeJson(this.epochPath, { epoch }, { sync: true });
    } catch (error) {
      this.giveUp(error, { orThrow: true });
    }
  }

  /** This process ends, and its database is as it was told. */
  end(): void {
    const kept = this.kept();
    if (kept && !kept.gaveUp) this.write({ ...kept, synced: true });
  }

  /** The module is at home again: it counts as never paired. Whether it is gone. */
  forget(): boolean {
    try {
      rmSync(this.path, { force: true });
      rmSync(this.epochPath, { force: true });
      return true;
    } catch {
      return this.kept() === undefined;
    }
  }

  private kept(): Kept | undefined {
    return this.found()?.kept;
  }

  /** `mayGrow`: a line may follow. */
  private found(): { kept: Kept; mayGrow: boolean } | undefined {
    try {
      const file = readJsonLines(this.path);
      if (!file) return undefined;
      const [first, ...seen] = file.lines as [Kept, ...SeenBatch[]];
      // A line of another start came after this one was proven without it.
      if (!isWitness(first) || seen.some(({ start }) => start !== first.start))
        throw new Error('it is no witness');
      const mayGrow = file.whole && file.length < longest && !first.synced && first.boot === bootId();
      return { kept: seen.reduce(withSeen, first), mayGrow };
    } catch (error) {
      // A machine that lost its power leaves such a file; or nobody may read it.
      this.logger.warn({ msg: `${this.path} cannot be read: it proves nothing`, error: described(error) });
      return { kept: unusable, mayGrow: false };
    }
  }

  private epochSeen(): { epoch: number; unreadable: boolean } {
    try {
      const { epoch } = readJson<{ epoch: unknown }>(this.epochPath) ?? { epoch: 0 };
      return typeof epoch === 'number' ? { epoch, unreadable: false } : { epoch: 0, unreadable: true };
    } catch {
      return { epoch: 0, unreadable: true };
    }
  }

  private write(kept: Kept): void {
    try {
      writeJson(this.path, kept, { sync: true });
    } catch (error) {
      this.giveUp(error, { orThrow: true });
    }
  }

  /** What is relied on from here on will not be in it. Whether it says so: the file, or its absence. */
  private giveUp(why: unknown, { orThrow = false } = {}): boolean {
    const kept = this.kept();
    this.logger.warn({
      msg: `${this.path} is given up: only the peer can prove this database`,
      why: described(why),
    });
    try {
      writeJson(this.path, { ...(kept ?? unusable), received: [], gaveUp: true }, { sync: true });
      return true;
    } catch {
      const gone = this.forget();
      if (!gone && orThrow)
        throw new Error(
          `${this.path} cannot be written, and what stands there is not true any more: make it writable, or delete it`,
          { cause: why },
        );
      return gone;
    }
  }

  private get reportPath(): string {
    return `${this.path}.unprovable`;
  }

  private get epochPath(): string {
    return `${this.path}.epoch`;
  }
}

/** What this release has written; another one, or a person, may have written something else. */
const isWitness = ({ start, received, pruned, ...numbers }: Partial<Kept>): boolean =>
  typeof start === 'string' &&
  typeof pruned?.seq === 'number' &&
  Array.isArray(received) &&
  [numbers.epoch, numbers.life, numbers.term].every((number) => typeof number === 'number');

/** Of a file that cannot be read. */
const unusable: Kept = {
  ...{ start: '', epoch: 0, life: 0, term: 0, pruned: nowhere, received: [] },
  ...{ boot: null, synced: false, gaveUp: true },
};

const earliest = (a: string | null, b: string | null): string | null =>
  a === null || b === null ? null : a < b ? a : b;

/** What is kept is of this very start already, and can be relied on. */
const isSame = (kept: Kept, { start, life }: Witness): boolean =>
  kept.start === start && kept.life === life && !kept.gaveUp && kept.boot !== null && kept.boot === bootId();

/** Another one after each start of the machine; null: this system does not tell. */
function bootId(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return null;
  }
}
