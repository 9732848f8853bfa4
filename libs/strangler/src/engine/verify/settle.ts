import { setTimeout as sleep } from 'node:timers/promises';
import { sides, type Side } from '../../routes/phase.js';
import type { ChunkRange } from './chunk.js';
import { readBorder } from './border.js';
import { compareRow, differsInAnyForm, type Difference, type RowPair } from './difference.js';
import { idOf, inFlightOnAnySide, readPairs, type Controls } from './readings.js';

/** A few rows, and which of them are in question; `pks` undefined: all. */
export interface Leaf extends ChunkRange {
  pks?: string[][];
}

/** What became of the rows in question; those that are neither here nor there are the same on both sides. */
export interface Settled {
  differences: Difference[];
  /** Rows that were in flight, written or handed off whenever they were looked at. */
  open: string[][];
}

export interface SettleOptions {
  /** The forms to read the rows in: of both sides where the table has a transform. */
  forms: readonly Side[];
  /** How often the rows are read at most. */
  tries: number;
  signal?: AbortSignal | undefined;
}

/**
 * How many readings in a row must show the same, with nothing in flight after each. Say that the owner has the row: reading
 * 1 sees its version v; nothing is in flight then, so the copy holds v or is wrong; reading 2 sees the copy; reading 3 sees
 * v still, so reading 2 did not meet a newer one. Say that the owner has no row: reading 2 sees none; nothing is in flight
 * then, so its deletion has reached the copy; reading 3 sees the copy's row in the version of reading 1, so it was not
 * inserted since. It is an orphan.
 */
const enough = 3;
const firstPauseMs = 5;
const longestPauseMs = 200;

interface Suspect {
  readonly pk: string[];
  /** What may not change between readings: the versions of both rows and of the ownership. */
  readonly version: string;
  /** Readings in a row that showed this version; 0: it was busy. */
  readonly readings: number;
}

/** Reads a few rows again and again, until it is sure of each or has tried often enough. */
export async function settleDifferences(
  controls: Controls,
  leaf: Leaf,
  options: SettleOptions,
): Promise<Settled> {
  const { tries, signal } = options;
  const settling = new Settling(controls, leaf, options.forms);
  let pauseMs = firstPauseMs;
  for (let tried = 1; ; tried++) {
    signal?.throwIfAborted();
    await settling.look();
    if (settling.suspects.size === 0 || tried >= tries) return settling.result();
    if (!settling.restless) continue;
    await sleep(pauseMs, undefined, signal && { signal });
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }
}

class Settling {
  suspects = new Map<string, Suspect>();
  private readonly differences: Difference[] = [];
  private questioned: ReadonlySet<string> | undefined;

  constructor(
    private readonly controls: Controls,
    private readonly leaf: Leaf,
    private readonly forms: readonly Side[],
  ) {
    this.questioned = leaf.pks && new Set(leaf.pks.map(idOf));
  }

  /** Whether some row will take time, whatever is done. */
  get restless(): boolean {
    return [...this.suspects.values()].some(({ readings }) => readings === 0);
  }

  result(): Settled {
    return { differences: this.differences, open: [...this.suspects.values()].map(({ pk }) => pk) };
  }

  /** One reading. The order counts: first the rows, then who owns them and what is in flight. */
  async look(): Promise<void> {
    const pairs = await readPairs(this.controls, this.leaf, this.forms);
    const differing = [...pairs].filter(
      ([id, pair]) => (this.questioned?.has(id) ?? true) && differsInAnyForm(pair),
    );
    const pks = differing.map(([, { pk }]) => pk);
    const [border, inFlight] = await Promise.all([
      readBorder(this.controls),
      inFlightOnAnySide(this.controls, this.leaf.table, pks),
    ]);
    const before = this.suspects;
    this.suspects = new Map();
    for (const [id, pair] of differing) {
      const verdict = compareRow(this.leaf.table, pair, border);
      if (!verdict) continue;
      const version = `${border.version} ${versionOf(pair)}`;
      const busy = verdict === 'moving' || inFlight.has(id);
      const readings = busy ? 0 : readingsSoFar(before.get(id), version) + 1;
      if (verdict !== 'moving' && readings >= enough) this.differences.push(verdict);
      else this.suspects.set(id, { pk: pair.pk, version, readings });
    }
    // What has been the same once is not in question any more.
    this.questioned = new Set(this.suspects.keys());
  }
}

const readingsSoFar = (suspect: Suspect | undefined, version: string): number =>
  suspect?.version === version ? suspect.readings : 0;

const versionOf = (pair: RowPair): string =>
  sides.flatMap((side) => sides.map((as) => pair[side]?.[as].version ?? '-')).join(' ');
