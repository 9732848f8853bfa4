import type { Evidence, Probing } from './evidence.js';
import type { ServiceReports } from './service-reports.js';
import type { Windows, WindowSums } from './windows.js';

/** Sums are read anew after this time, in ms: gates are judged once a second, however often they are looked at. */
const freshMs = 1_000;
/** A step that began so many ms later is another one. */
const sameStepMs = 50;

interface Read {
  at: number;
  /** When the step began, by this process's monotonic clock. */
  stepAt: number;
  sums: Promise<WindowSums>;
}

/** What gates are judged by, read at most once a second, for whoever looks. */
export class EvidenceReader {
  private readonly known = new Map<string, Read>();

  constructor(
    private readonly windows: Windows,
    private readonly services: Pick<ServiceReports, 'ask'>,
    private readonly probing: (module: string) => Probing | undefined,
  ) {}

  /** Since the step began, `stepAgeMs` ago. */
  async of(module: string, stepAgeMs: number): Promise<Evidence> {
    const now = performance.now();
    const stepAt = now - stepAgeMs;
    let read = this.known.get(module);
    if (!read || now - read.at > freshMs || Math.abs(read.stepAt - stepAt) > sameStepMs) {
      read = { at: now, stepAt, sums: this.sums(module, stepAgeMs) };
      this.known.set(module, read);
      read.sums.catch(() => this.forget(module));
    }
    const { ageMs, ...sums } = await read.sums;
    const probing = this.probing(module) ?? { able: 'no query', queries: false, anyReads: false };
    return { ...sums, ageMs: ageMs + now - read.at, probing };
  }

  /** The next look reads anew. */
  forget(module: string): void {
    this.known.delete(module);
  }

  /** What was seen until now says nothing of what comes. */
  async restart(module: string): Promise<void> {
    await this.windows.restart(module);
    this.forget(module);
  }

  /** Forgets all comparisons. */
  async clearComparisons(module: string): Promise<void> {
    await this.windows.clearComparisons(module);
    this.forget(module);
  }

  private sums(module: string, stepAgeMs: number): Promise<WindowSums> {
    return this.windows.sums(module, stepAgeMs, (question) => this.services.ask(question));
  }
}
