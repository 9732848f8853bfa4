import type { Clock } from '../terms/clock.js';
import type { History } from '../store/history.js';
import type { ModuleRow } from '../store/module-row.js';
import type { ControlNeeds } from './needs.js';
import type { Verification, VerificationStore, VerifyReport } from '../store/verification-store.js';

/** How soon a run that broke off is taken up again, in ms. */
const retryMs = 5_000;

interface Run {
  stop: AbortController;
  ended: Promise<void>;
}

/** Runs the verifications that were asked for, one a module, beside everything else. */
export class Verifier {
  private readonly runs = new Map<string, Run>();
  private readonly notBefore = new Map<string, number>();
  private readonly troubles = new Map<string, string>();

  constructor(
    private readonly needs: ControlNeeds,
    private readonly store: VerificationStore,
    private readonly history: History,
    private readonly clock: Clock,
  ) {}

  /** Why the last run of the module broke off. */
  trouble(module: string): string | undefined {
    return this.troubles.get(module);
  }

  /** Takes up what was asked for and is not running: also what a process that is gone has left behind. */
  async tend(row: ModuleRow): Promise<Verification> {
    const { module } = row;
    const verification = await this.store.read(module);
    const running = this.runs.get(module);
    if (!verification.request) running?.stop.abort();
    else if (!running && this.clock.now() >= (this.notBefore.get(module) ?? 0)) this.begin(row, verification);
    return verification;
  }

  async stop(): Promise<void> {
    const runs = [...this.runs.values()];
    for (const { stop } of runs) stop.abort();
    await Promise.all(runs.map(({ ended }) => ended));
  }

  private begin(row: ModuleRow, verification: Verification): void {
    const stop = new AbortController();
    const ended = this.run(row, verification, stop)
      .then(() => void this.troubles.delete(row.module))
      .catch((error: unknown) => this.brokenOff(row.module, error, stop.signal))
      .finally(() => void this.runs.delete(row.module));
    this.runs.set(row.module, { stop, ended });
  }

  private brokenOff(module: string, error: unknown, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.troubles.set(module, (error as Error).message);
    this.notBefore.set(module, this.clock.now() + retryMs);
  }

  private async run(row: ModuleRow, { request, cursor }: Verification, stop: AbortController): Promise<void> {
    const { module, phase } = row;
    const begun = this.clock.now();
    const report = await this.needs.verify(module, {
      repair: request?.repair ?? false,
      cursor,
      signal: stop.signal,
      onProgress: async (progress) => {
        if (!(await this.store.progress(module, progress))) stop.abort();
      },
    });
    if (stop.signal.aborted) return;
    await this.store.finish(module, report, this.clock.now());
    const { left: _left, ...figures } = report;
    await this.history.write({
      module,
      actor: request?.actor ?? 'autopilot',
      action: 'verify',
      from: phase,
      to: phase,
      outcome: report.differences > report.repaired ? 'failed' : 'done',
      reason: reasonOf(report),
      figures: { ...figures, ms: this.clock.now() - begun },
    });
  }
}

const reasonOf = ({ differences, repaired, examples }: VerifyReport): string | null =>
  differences === 0
    ? null
    : `${differences} differences, ${repaired} repaired: ${examples.slice(0, 3).join('; ')}`;
