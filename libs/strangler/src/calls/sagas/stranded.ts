/** A saga for which nobody has come for so long is an alarm, in ms: whoever works on one keeps it by a lease, which is longer than a step. */
export const strandedAfterMs = 30_000;

/** Sagas that are due, and stand where no definition of this process has a step. */
export interface Stranded {
  /** With the version of its definition, unless that is the first: `place@2`. */
  readonly process: string;
  readonly step: number;
  /** As whoever stored it calls it; null: a process of 0.2.0, which does not say. */
  readonly name: string | null;
  /** How many; of very many a part. */
  readonly sagas: number;
  /** For how long the first of them has been due, in ms. */
  readonly dueMs: number;
}

/** In words. */
export const strandedInWords = (module: string, stranded: Stranded): string =>
  `${placeInWords(module, stranded)}, due for ${Math.round(stranded.dueMs / 1_000)} s: no process here knows it`;

/** Which sagas, and where they stand, in words. */
export function placeInWords(
  module: string,
  { process, step, name, sagas }: Pick<Stranded, 'process' | 'step' | 'name' | 'sagas'>,
): string {
  const [title, version = '1'] = process.split('@');
  const who = sagas === 1 ? '1 saga' : `${sagas} sagas`;
  const at = name === null ? `step ${step}` : `step ${step} ("${name}")`;
  return `${who} of ${module}.${title} at ${at} of definition ${version}`;
}

/** Tells once when sagas come to stand where nobody here knows them, and once when that is over. */
export class StrandedWatch {
  private readonly told = new Set<string>();

  constructor(
    private readonly alarm: (text: string) => void,
    private readonly over: (text: string) => void,
  ) {}

  /** What is so now. */
  see(module: string, found: readonly Stranded[]): void {
    const now = new Map(
      found.map((each) => [`${module}.${each.process} at ${each.name ?? each.step}`, each]),
    );
    for (const [key, each] of now) {
      if (this.told.has(key)) continue;
      this.told.add(key);
      this.alarm(strandedInWords(module, each));
    }
    for (const key of this.told) {
      if (!key.startsWith(`${module}.`) || now.has(key)) continue;
      this.told.delete(key);
      this.over(`the sagas of ${key} are carried on`);
    }
  }
}
