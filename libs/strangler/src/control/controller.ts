import type { Database } from '../database/database.js';
import { plainAdvice, type Advice } from './conditions/advice.js';
import { SteadyClock, type Clock } from './terms/clock.js';
import type { FileWriter } from './config/file-writer.js';
import { HistoryFeed } from './store/history-feed.js';
import { LeaderLock } from './store/leader-lock.js';
import { ModuleLoop, type Pace } from './reconcile/module-loop.js';
import type { NewEntry } from './store/history.js';
import type { ModuleRow, RowChange } from './store/module-row.js';
import { ModuleStore } from './store/module-store.js';
import type { ControlBoundary, ControlNeeds } from './reconcile/needs.js';
import { Notes } from './store/notes.js';
import { Observer } from './reconcile/observe.js';
import { ModuleOperator } from './commands/module-operator.js';
import type { Operator } from './commands/operator.js';
import type { Finding, FindingSource } from './terms/views.js';
import type { ProcessStatus } from './terms/process-status.js';
import { Rates } from './reconcile/rates.js';
import { defaultSettings } from './config/settings.js';
import { steeredBy } from './reconcile/file-steering.js';
import { StateWindows } from './store/state-windows.js';
import { VerificationStore } from './store/verification-store.js';
import { Verifier } from './reconcile/verifier.js';
import { Reconciler } from './reconcile/reconciler.js';
import type { FileWish } from './config/wishes.js';
import type { WebhookOptions } from './webhooks/webhook-options.js';
import { Webhooks } from './webhooks/webhooks.js';

/** What a controller works with; what is left out has defaults. */
export interface ControllerOptions {
  /** The monolith's. */
  database: Database;
  needs: ControlNeeds;
  clock?: Clock;
  /** How long buckets may be fenced before a hand-off is aborted, in ms. */
  drainMs?: number;
  pace?: Pace;
  /** What this process is, and works with. */
  about?: () => Promise<ProcessStatus>;
  /** How `strangler.yaml` is called in refusals. */
  wishesPath?: string;
  boundary?: ControlBoundary;
  /** What `doctor` finds beside the modules: the file, the servers. */
  findings?: readonly FindingSource[];
  /** What is wrong with who steers, for `status` and `doctor`. */
  notices?: () => Finding[];
  /** Writes the file for an operator. */
  writer?: FileWriter;
  /** Which process leads a module, in words. */
  leaderOf?: (module: string) => string;
  /** How what a sentence advises is typed in this application. */
  advice?: Advice;
  /** Who is told of entries of the history; somebody else sends them. */
  webhooks?: readonly WebhookOptions[];
}

/**
 * Moves modules: one loop a module in the one process that leads it. Every process may ask it, and lets it be asked.
 */
export class Controller {
  /** What the admin API offers. */
  readonly operator: Operator;
  private readonly store: ModuleStore;
  private readonly clock: Clock;
  private readonly leadership: LeaderLock;
  private readonly verifier: Verifier;
  private readonly feed: HistoryFeed;
  private readonly loops = new Map<string, ModuleLoop>();
  /** What this process reads in the file; undefined: nothing that it could follow. */
  private wishes: ReadonlyMap<string, FileWish> | undefined;
  private edition = 0;
  /** By module, which edition was carried into its row, in which term of leadership. */
  private readonly applied = new Map<string, string>();

  constructor(private readonly options: ControllerOptions) {
    const { database, needs, drainMs = 5_000, boundary, pace = { movingMs: 100, idleMs: 1_000 } } = options;
    const clock = (this.clock = options.clock ?? new SteadyClock());
    const store = (this.store = new ModuleStore(database));
    const verifications = new VerificationStore(database);
    const verifier = (this.verifier = new Verifier(needs, verifications, store.history, clock));
    const observer = new Observer(needs, verifications, clock);
    this.leadership = new LeaderLock(database);
    this.feed = new HistoryFeed(database, store.history);
    const { advice = plainAdvice, findings = [] } = options;
    const webhooks = new Webhooks(database, options.webhooks ?? []);
    const parts = {
      ...{ needs, store, verifications, verifier, observer, clock, drainMs, boundary },
      ...{ notes: new Notes(database), states: new StateWindows(database), rates: new Rates(), advice },
    };
    const walkers = new Map(needs.modules.map((each) => [each.module, new Reconciler(parts, each)]));
    for (const [module, reconciler] of walkers) {
      const prepare = () => this.apply(module);
      this.loops.set(module, new ModuleLoop(module, reconciler, this.leadership, clock, pace, prepare));
    }
    this.operator = new ModuleOperator({
      ...parts,
      walkers,
      webhooks,
      feed: this.feed,
      database,
      about: options.about ?? (() => Promise.reject(new Error('nothing is known of this process'))),
      findings: [() => webhooks.findings(advice.cli), ...findings],
      notices: options.notices ?? (() => []),
      writer: options.writer,
      leaderOf: options.leaderOf ?? (() => 'another process'),
      leads: (module) => this.leadership.termOf(module) !== undefined,
      applyFile: (module) => {
        this.applied.delete(module);
        this.loops.get(module)?.wake();
      },
      wake: (module) => this.loops.get(module)?.wake(),
    });
  }

  private get path(): string {
    return this.options.wishesPath ?? 'strangler.yaml';
  }

  /**
   * Makes the rows of modules that have none, and learns what time it is. Before the file is read. Answers whether a file has steered
   * one of them.
   */
  async prepare(): Promise<{ filed: boolean }> {
    let filed = false;
    this.clock.saw(await this.store.now());
    for (const { module } of this.options.needs.modules) {
      await this.store.ensure(module, defaultSettings, this.clock.now());
      filed ||= (await this.store.read(module)).filed !== null;
    }
    return { filed };
  }

  /** The modules that this process leads. */
  get leads(): string[] {
    return this.leadership.led;
  }

  /** Hears what `strangler.yaml` wants; called again whenever it changes. Counts where this process leads, or comes to. */
  steer(wishes: ReadonlyMap<string, FileWish>): void {
    this.wishes = wishes;
    this.edition += 1;
    for (const loop of this.loops.values()) loop.wake();
  }

  /** Carries what the file wants into the module's row, once for each edition, and for each time that we begin to lead. */
  private async apply(module: string): Promise<void> {
    const { wishes, edition } = this;
    const now = `${edition} ${this.leadership.termOf(module)}`;
    if (!wishes || this.applied.get(module) === now) return;
    const from = { path: this.path, now: this.clock.now() };
    await this.store.amend(module, (row) => {
      const change = steeredBy(wishes.get(module), row, from);
      return change && { change, entries: taken(row, change) };
    });
    this.applied.set(module, now);
  }

  /** Begins to lead what nobody leads. */
  start(): void {
    for (const loop of this.loops.values()) loop.start();
  }

  /** Ends the ticks under way. What is in the journal is taken up by the next leader. */
  async stop(): Promise<void> {
    await Promise.all([...this.loops.values()].map((loop) => loop.stop()));
    await this.verifier.stop();
    await this.feed.close();
    await this.leadership.close();
  }
}

/** What the history says of a changed file. */
function taken({ module, phase }: ModuleRow, { wanted }: RowChange): NewEntry[] {
  if (!wanted) return [];
  const by = wanted.by === 'file' ? wanted.actor : 'file';
  const reason =
    wanted.by === 'file'
      ? `the file wants ${wanted.phase}${wanted.percent === null ? '' : ` ${wanted.percent} %`}`
      : 'taken out of the file: steered by hand now';
  return [{ module, actor: by, action: 'file', from: phase, to: wanted.phase, outcome: 'noted', reason }];
}
