import {
  RefusedError,
  UnknownModuleError,
  type Action,
  type ActionAnswer,
  type EventList,
  type SilentSide,
  type EventQuestion,
  type Finding,
  type HistoryEntry,
  type MismatchEntry,
  type ModuleSeries,
  type ModuleStatus,
  type Operator,
  type ProcessStatus,
  type SeriesQuestion,
  type ResendAnswer,
  type RowDifference,
  type WebhookView,
} from 'nestjs-strangler';
import { quietSeries, runningProcess, standing } from './standing.js';

/** An operator that says what a test wants it to say: HTTP and the command line are under test, not the controller. */
export class ScriptedOperator implements Operator {
  readonly statuses = new Map<string, ModuleStatus>();
  readonly acts: { module: string; action: Action; actor: string; dryRun: boolean }[] = [];
  readonly listeners = new Set<(entry: HistoryEntry) => void>();
  entries: HistoryEntry[] = [];
  /** What was asked of the last day. */
  readonly ranges: SeriesQuestion[] = [];
  differing: MismatchEntry[] = [];
  differingRows: RowDifference[] = [];
  quarantinedRows: Awaited<ReturnType<Operator['quarantined']>> = [];
  openSagas: Awaited<ReturnType<Operator['sagas']>>['items'] = [];
  /** Who cannot be asked. */
  silent: SilentSide[] = [];
  findings: Finding[] = [];
  eventList: Omit<EventList, 'silent'> = { items: [], subscribers: [] };
  receivers: WebhookView[] = [];
  readonly resent: { name: string; actor: string; dryRun: boolean }[] = [];
  readonly questions: (EventQuestion & { module?: string })[] = [];
  /** Actions are refused with this reason. */
  refusal: string | undefined = undefined;
  /** Everything fails with this. */
  fault: Error | undefined = undefined;
  /** Runs before an action is answered, and before the status is. */
  onAct: (action: Action) => void = () => undefined;
  onRead: () => void = () => undefined;
  reads = 0;
  /** Where an action leads. */
  goal: ActionAnswer['goal'] = undefined;

  constructor(...modules: string[]) {
    for (const module of modules) this.statuses.set(module, standing(module));
  }

  /** Changes where a module stands. */
  put(module: string, change: Partial<ModuleStatus>): void {
    this.statuses.set(module, { ...(this.statuses.get(module) ?? standing(module)), ...change });
  }

  async process(): Promise<ProcessStatus> {
    return runningProcess;
  }

  async modules(): Promise<ModuleStatus[]> {
    this.reads += 1;
    if (this.fault) throw this.fault;
    this.onRead();
    return [...this.statuses.values()];
  }

  async module(name: string): Promise<ModuleStatus> {
    this.assertThere(name);
    this.onRead();
    return this.statuses.get(name)!;
  }

  async act(module: string, action: Action, by: { actor: string; dryRun: boolean }): Promise<ActionAnswer> {
    this.assertThere(module);
    if (this.refusal !== undefined) throw new RefusedError(this.refusal);
    this.acts.push({ module, action, ...by });
    this.onAct(action);
    return {
      module,
      verb: action.verb,
      dryRun: by.dryRun,
      plan: ['first this', 'then that'],
      ...(this.goal && { goal: this.goal }),
    };
  }

  async history(module: string, limit: number, before = Infinity): Promise<HistoryEntry[]> {
    this.assertThere(module);
    return this.entries.filter((one) => one.module === module && one.id < before).slice(0, limit);
  }

  async series(module: string, question: SeriesQuestion): Promise<ModuleSeries> {
    this.assertThere(module);
    this.ranges.push(question);
    return quietSeries(module);
  }

  async mismatches(module: string): Promise<MismatchEntry[]> {
    this.assertThere(module);
    return this.differing;
  }

  async differences(module: string): Promise<RowDifference[]> {
    this.assertThere(module);
    return this.differingRows;
  }

  async quarantined(module: string) {
    this.assertThere(module);
    return this.quarantinedRows;
  }

  async events(question: EventQuestion & { module?: string }): Promise<EventList> {
    if (question.module !== undefined) this.assertThere(question.module);
    this.questions.push(question);
    const { items, subscribers } = this.eventList;
    const found = items.filter(({ id }) => [id, undefined].includes(question.id));
    return { items: found, subscribers, silent: this.silent };
  }

  async sagas(module: string, id: string | null) {
    this.assertThere(module);
    const items = this.openSagas.filter((saga) => id === null || saga.id === id);
    return { items, silent: this.silent.filter((each) => each.module === module) };
  }

  async doctor(module: string | undefined): Promise<Finding[]> {
    if (module !== undefined) this.assertThere(module);
    return this.findings.filter((finding) => module === undefined || [module, null].includes(finding.module));
  }

  async webhooks(): Promise<WebhookView[]> {
    if (this.fault) throw this.fault;
    return this.receivers;
  }

  async resendWebhook(name: string, by: { actor: string; dryRun: boolean }): Promise<ResendAnswer> {
    if (this.refusal !== undefined) throw new RefusedError(this.refusal);
    this.resent.push({ name, ...by });
    return { webhook: name, verb: 'resend', dryRun: by.dryRun, plan: ['call it'] };
  }

  onEntry(listener: (entry: HistoryEntry) => void, after?: number): () => void {
    this.listeners.add(listener);
    if (after !== undefined) this.entries.filter(({ id }) => id > after).forEach(listener);
    return () => this.listeners.delete(listener);
  }

  private assertThere(module: string): void {
    if (this.fault) throw this.fault;
    if (!this.statuses.has(module)) throw new UnknownModuleError(`there is no module ${module}`);
  }
}
