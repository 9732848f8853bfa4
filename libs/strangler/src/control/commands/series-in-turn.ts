import { BusyError } from '../terms/refused.js';
import type { ModuleSeries, SeriesQuestion } from './series.js';

/** Questions that wait, each for about a second of a core at most; one more would wait longer than anybody looks at a chart. */
const mostWaiting = 10;

/**
 * Questions about the last day of modules, one after the other: each keeps most of the few connections busy by which modules are moved.
 * Who asks what is being found out shares the answer.
 */
export class SeriesInTurn {
  private readonly waiting = new Map<string, Promise<ModuleSeries>>();
  private last: Promise<unknown> = Promise.resolve();

  /** `most`: questions at the same time, with the one that is being answered. */
  constructor(
    private readonly find: (module: string, question: SeriesQuestion) => Promise<ModuleSeries>,
    private readonly most = mostWaiting,
  ) {}

  /** @throws {BusyError} when too many wait. */
  async ask(module: string, question: SeriesQuestion): Promise<ModuleSeries> {
    const key = JSON.stringify([module, question.minutes, question.until]);
    const same = this.waiting.get(key);
    if (same) return same;
    if (this.waiting.size >= this.most)
      throw new BusyError('too many ask for the last day of modules at the same time: ask again in a moment');
    const answer = this.last
      .then(() => this.find(module, question))
      .finally(() => void this.waiting.delete(key));
    this.last = answer.catch(() => undefined);
    this.waiting.set(key, answer);
    return answer;
  }
}
