import { sides, type Side } from '../../routes/phase.js';
import type { QuarantinedRow } from '../../engine/replication/outgoing-state.js';
import type { MismatchEntry } from '../../calls/shadow/shadow-store.js';
import type { EventQuestion } from '../../calls/events/event-views.js';
import { subjectOf } from '../conditions/advice.js';
import { eventFindings } from '../doctor/doctor-events.js';
import { nearest } from '../terms/nearest.js';
import type { ActionAnswer, EventList, Operator } from './operator.js';
import { positionOf } from '../reconcile/decide.js';
import { UnknownModuleError } from '../terms/refused.js';
import { statusOf } from './status.js';
import type { ProcessStatus } from '../terms/process-status.js';
import type {
  Finding,
  HistoryEntry,
  ModuleStatus,
  ResendAnswer,
  RowDifference,
  WebhookView,
} from '../terms/views.js';
import type { CommandContext, CommandParts } from './command.js';
import { CommandRunner } from './command-runner.js';
import { commandOf, type Action } from './commands.js';
import type { ModuleRow } from '../store/module-row.js';
import type { Verification } from '../store/verification-store.js';
import { diagnosisOf } from './doctor.js';
import { eventsOf, lagsOf } from './events.js';
import { quarantinedBySide } from './quarantined.js';
import { sagasOf, type SagaList } from './sagas.js';
import { seriesOf, type ModuleSeries, type SeriesQuestion } from './series.js';
import { SeriesInTurn } from './series-in-turn.js';

/** What operators see and ask for. */
export class ModuleOperator implements Operator {
  private readonly runner: CommandRunner;
  private readonly lastDays: SeriesInTurn;

  constructor(private readonly parts: CommandParts) {
    this.runner = new CommandRunner(parts);
    this.lastDays = new SeriesInTurn(async (module, question) =>
      seriesOf(await this.row(module), this.parts, question),
    );
  }

  process(): Promise<ProcessStatus> {
    return this.parts.about();
  }

  modules(): Promise<ModuleStatus[]> {
    return Promise.all(this.parts.needs.modules.map(({ module }) => this.module(module)));
  }

  async module(name: string): Promise<ModuleStatus> {
    const { row, at, observed, verification } = await this.context(name, 'nobody');
    const [note, findings] = await Promise.all([this.parts.notes.read(name), this.eventFindings(row)]);
    const notices = [...this.noticesOn(name), ...findings];
    return statusOf({
      row,
      at,
      observed,
      verification,
      note,
      doing: this.parts.walkers.get(name)?.doing ?? null,
      calls: this.parts.needs.guards?.(name) ?? [],
      service: this.parts.needs.service?.(name) ?? null,
      notices: notices.map(({ problem }) => problem),
      rates: this.parts.rates.measure(name, observed, verification),
      advice: this.parts.advice,
    });
  }

  async act(module: string, action: Action, by: { actor: string; dryRun: boolean }): Promise<ActionAnswer> {
    const free = by.dryRun || ('write' in action && action.write === true);
    const context = await this.context(module, by.actor, { free, looksAt: commandOf(action.verb).looksAt });
    const { plan, goal, refusal } = await this.runner.run(context, action, by.dryRun);
    const answer = { module, verb: action.verb, dryRun: by.dryRun, plan };
    return { ...answer, ...(goal && { goal }), ...(refusal !== undefined && { refusal }) };
  }

  async history(module: string, limit: number, before?: number): Promise<HistoryEntry[]> {
    this.require(module);
    return this.parts.store.history.latest(module, limit, before);
  }

  async series(module: string, question: SeriesQuestion): Promise<ModuleSeries> {
    this.require(module);
    return this.lastDays.ask(module, question);
  }

  async mismatches(module: string): Promise<MismatchEntry[]> {
    this.require(module);
    return this.parts.needs.mismatches(module);
  }

  async differences(module: string): Promise<RowDifference[]> {
    this.require(module);
    return this.parts.verifications.differing(module);
  }

  async quarantined(module: string): Promise<(QuarantinedRow & { side: Side })[]> {
    this.require(module);
    const rows = await quarantinedBySide(module, this.parts);
    return sides.flatMap((side) => rows[side].map((row) => ({ ...row, side })));
  }

  async events({ module, ...question }: EventQuestion & { module?: string }): Promise<EventList> {
    const rows = await this.rows(module);
    const found = await Promise.all(
      rows.map(async (row) => ({
        events: await eventsOf(row, this.parts, question),
        subscribers: await lagsOf(row, this.parts),
      })),
    );
    const items = found.flatMap(({ events }) => Object.values(events.found).flat());
    return {
      items: items.sort((a, b) => (a.at < b.at ? 1 : -1)).slice(0, question.limit),
      subscribers: found.flatMap(({ subscribers }) => subscribers),
      silent: found.flatMap(({ events }) => events.silent),
    };
  }

  async sagas(module: string, id: string | null): Promise<SagaList> {
    return sagasOf(await this.row(module), this.parts, id);
  }

  async doctor(module: string | undefined): Promise<Finding[]> {
    const names = module === undefined ? this.parts.needs.modules.map((each) => each.module) : [module];
    const [beside, found, ofEvents] = await Promise.all([
      Promise.all(this.parts.findings.map(async (source) => source())),
      Promise.all(names.map(async (name) => diagnosisOf(await this.context(name, 'nobody'), this.parts))),
      Promise.all(names.map(async (name) => this.eventFindings(await this.row(name)))),
    ]);
    return [
      ...this.noticesOn(module),
      ...beside.flat(),
      ...found.flat().map(({ repair, ...finding }) => finding),
      ...ofEvents.flat(),
    ];
  }

  onEntry(listener: (entry: HistoryEntry) => void, after?: number): () => void {
    return this.parts.feed.join(listener, after);
  }

  webhooks(): Promise<WebhookView[]> {
    return this.parts.webhooks.list();
  }

  resendWebhook(name: string, by: { actor: string; dryRun: boolean }): Promise<ResendAnswer> {
    return this.parts.webhooks.resend(name, by);
  }

  /** Of a module, or of all: also what concerns no module. */
  private noticesOn(module: string | undefined): Finding[] {
    return this.parts
      .notices()
      .filter((notice) => module === undefined || notice.module === null || notice.module === module);
  }

  private async eventFindings(row: ModuleRow): Promise<Finding[]> {
    return eventFindings(subjectOf(row, this.parts.advice), await lagsOf(row, this.parts));
  }

  private rows(module: string | undefined): Promise<ModuleRow[]> {
    const names = module === undefined ? this.parts.needs.modules.map((each) => each.module) : [module];
    return Promise.all(names.map((name) => this.row(name)));
  }

  /** @throws {UnknownModuleError} */
  private row(module: string): Promise<ModuleRow> {
    return this.parts.store.read(this.require(module).module);
  }

  /** @throws {UnknownModuleError} */
  private require(module: string) {
    const found = this.parts.needs.modules.find((each) => each.module === module);
    if (!found) {
      const names = this.parts.needs.modules.map((each) => each.module);
      throw new UnknownModuleError(`there is no module ${module}${nearest(module, names)}`);
    }
    return found;
  }

  private async context(
    module: string,
    actor: string,
    { free = false, looksAt }: { free?: boolean; looksAt?: 'both sides' | 'local use' | undefined } = {},
  ): Promise<CommandContext & { verification: Verification }> {
    const { ownership } = this.require(module);
    const { store, observer, verifications } = this.parts;
    const [row, verification] = await Promise.all([store.read(module), verifications.read(module)]);
    const observed = await observer.look(row, looksAt === 'local use', verification);
    const below = observed.states.monolith?.ownership.extractedBelow ?? 0;
    const { filed } = row;
    return {
      row,
      at: positionOf(row, ownership, below),
      observed: looksAt === 'both sides' ? { ...observed, ...(await observer.sides(row, true)) } : observed,
      actor,
      held: filed && `${filed.path}, line ${filed.line}`,
      free,
      wish: filed,
      verification,
      verifying: verification.request !== null,
      advice: this.parts.advice,
    };
  }
}
