import { copiesOn } from '../calls/copies/copies.js';
import type { GuardedCalls } from '../calls/resilience/guarded-calls.js';
import { policies } from '../routes/phase.js';
import type { Contract } from '../contract/contract.js';
import type { Database } from '../database/database.js';
import type { Router } from '../calls/router.js';
import { policyOf, type RouteEntry, type Routes } from '../routes/routes.js';
import type { NatsLink } from '../nats/link.js';
import { natsFindings } from './doctor/nats-findings.js';
import { programsThatCall } from '../sides/program-reports.js';
import { stepsOf, type StepsReporter } from '../evidence/call-steps.js';
import { ServiceReports, type Reporter } from '../evidence/service-reports.js';
import { EvidenceReader } from '../evidence/reader.js';
import { Windows } from '../evidence/windows.js';
import { prepare } from '../contract/operation.js';
import { Rehearsals } from '../calls/rehearsal/rehearsals.js';
import { ComparisonCounts } from '../calls/shadow/comparison-counts.js';
import { ShadowReads, type AskSide } from '../calls/shadow/shadow-reads.js';
import { withVolatileLines } from '../calls/shadow/volatile-line.js';
import { ShadowStore } from '../calls/shadow/shadow-store.js';
import { SideAgent } from '../sides/agent.js';
import type { Agents } from '../sides/agents.js';
import { belongingOf } from '../sides/belonging.js';
import { remoteSide, servedOn } from '../sides/remote.js';
import type { ControlledSides } from '../sides/side.js';
import type { Advice } from './conditions/advice.js';
import { heldBackFindings } from './held-back.js';
import type { CallMetrics } from './call-metrics.js';
import { Controller } from './controller.js';
import type { ControlNeeds } from './reconcile/needs.js';
import type { Operator } from './commands/operator.js';
import type { FindingSource } from './terms/views.js';
import type { WebhookOptions } from './webhooks/webhook-options.js';
import { WebhookSender } from './webhooks/webhook-sender.js';
import { Prober } from './reconcile/prober.js';
import { RouteBoard } from './store/route-store.js';
import { verifyBoth } from './reconcile/verify-both.js';
import { parseWishes } from './config/wishes.js';
import { WishesFile } from './config/wishes-file.js';
import { editOf } from './config/file-edit.js';
import { FileWriter } from './config/file-writer.js';
import { leaderIn, noticesOf } from './store/notices.js';
import { Processes } from './store/processes.js';
import { ServiceWatch } from './service-watch.js';
import { ThisProcess } from './this-process.js';

export interface SteeringOptions {
  contracts: readonly Contract[];
  /** The monolith's. */
  database: Database;
  agents: Agents;
  router: Router;
  guarded: Pick<GuardedCalls, 'figures'>;
  routes: Routes;
  link: NatsLink;
  watch: CallMetrics;
  /** Of `strangler.yaml`. */
  wishesPath: string;
  /** What the application finds, for `doctor`. */
  findings?: readonly FindingSource[];
  /** As which program this process connects. */
  name: string;
  /** Of the application, for who compares processes. */
  version?: string;
  /** Where it runs, in a word of its own. */
  environment?: string;
  /** How what a sentence advises is typed in this application. */
  advice?: Advice;
  /** Who is told of entries of the history. */
  webhooks?: readonly WebhookOptions[];
}

/** The control of all modules, in a process of the monolith: the controller, the file that steers it, the routes, shadow reads. */
export class ControlPlane {
  private readonly controller: Controller;
  private readonly board: RouteBoard;
  private readonly file: WishesFile;
  private readonly processes: Processes;
  private readonly services: ServiceWatch;
  private readonly sender: WebhookSender;
  private readonly counts: ComparisonCounts;
  private readonly shadow: ShadowReads;
  private readonly rehearsals: Rehearsals;
  private readonly evidence: EvidenceReader;
  private readonly probers: ReadonlyMap<string, Prober>;
  private readonly sides = new Map<string, ControlledSides>();
  private stopWatching: () => void = () => undefined;

  constructor(private readonly options: SteeringOptions) {
    const {
      contracts,
      database,
      router,
      guarded,
      routes,
      link,
      watch,
      wishesPath,
      name,
      version,
      environment,
      findings = [],
      advice,
      webhooks = [],
    } = options;
    const names = contracts.map(({ name }) => name);
    const store = new ShadowStore(database);
    this.board = new RouteBoard(database, names, routes);
    const windows = new Windows(database);
    const ask: AskSide = (operation, side, input) => router.askSide(operation, side, input);
    this.counts = new ComparisonCounts(windows);
    const shareOf = (share: (entry: RouteEntry) => number) => (module: string) => {
      const entry = routes.entryOf(module);
      return entry && !entry.degraded ? share(entry) : 0;
    };
    this.shadow = new ShadowReads(
      store,
      this.counts,
      ask,
      shareOf(({ shadowSample }) => shadowSample),
    );
    this.rehearsals = new Rehearsals(
      store,
      this.counts,
      (...what) => router.rehearse(...what),
      shareOf(({ rehearse = 0 }) => rehearse),
    );
    this.probers = new Map(contracts.map((contract) => [contract.name, this.proberOf(contract, ask)]));
    const services = new ServiceReports((module) => this.callersOf(module));
    this.evidence = new EvidenceReader(windows, services, (module) => this.probers.get(module)?.probing);
    this.file = new WishesFile(
      wishesPath,
      (text) => parseWishes(text, names),
      (wishes) => {
        if (wishes) this.controller.steer(wishes);
        void this.processes.beat();
      },
    );
    this.processes = new Processes(database, {
      version: version ?? 'unknown',
      reading: () => this.file.reading,
      leads: () => this.controller.leads,
    });
    this.services = new ServiceWatch(names, routes, {
      belonging: (module) => servedOn(link, module, 'extracted'),
      canAsk: () => link.current !== undefined,
      copies: (at) => copiesOn(link, at),
    });
    this.sender = new WebhookSender(webhooks, database);
    const about = new ThisProcess({
      says: { name, version: version ?? null, environment: environment ?? null },
      ...{ link, database, modules: names },
      away: () => names.filter((module) => this.isAway(module)),
      state: (module) => this.sidesOf(module).extracted.state(),
      leads: () => this.controller.leads,
      live: () => this.processes.live,
      reading: () => this.file.reading,
    });
    this.controller = new Controller({
      database,
      wishesPath,
      webhooks,
      needs: this.needs(store, watch),
      notices: () => [
        ...noticesOf(this.processes.live),
        ...this.services.findings,
        ...heldBackFindings(guarded.figures()),
      ],
      findings: [natsFindings(link), ...findings],
      ...(advice && { advice }),
      writer: new FileWriter(wishesPath, (text, change) => editOf(text, names, change), this.file),
      leaderOf: (module) => leaderIn(module, this.processes.live) ?? 'another process',
      about: () => about.status(),
    });
  }

  /** What the admin API offers. */
  get operator(): Operator {
    return this.controller.operator;
  }

  /** Reads routes and file, before the first call is taken. Answers why the file is refused; null: it is not. */
  async prepare(): Promise<string | null> {
    const { filed } = await this.controller.prepare();
    await this.board.start();
    await this.file.load(filed);
    return this.file.reading.problem;
  }

  /** Begins to move what is to move. */
  start(): void {
    const { watch, routes, database } = this.options;
    watch.shadow = this.shadow;
    watch.rehearsals = this.rehearsals;
    watch.start(database, routes);
    this.stopWatching = this.file.watch();
    this.controller.start();
    this.processes.start();
    this.services.start();
    this.sender.start();
  }

  /** Ends what is under way at its next safe point; the next start goes on. */
  async stop(): Promise<void> {
    this.stopWatching();
    this.options.watch.shadow = undefined;
    this.options.watch.rehearsals = undefined;
    await this.controller.stop();
    await Promise.all([...this.probers.values()].map((prober) => prober.stop()));
    await this.options.watch.stop();
    await this.processes.stop();
    await this.services.stop();
    await this.sender.stop();
    await this.shadow.close();
    await this.rehearsals.close();
    await this.counts.close();
    await this.board.stop();
  }

  private needs(store: ShadowStore, watch: Pick<CallMetrics, 'servedHere'>): ControlNeeds {
    const { contracts, guarded } = this.options;
    return {
      modules: contracts.map(({ name, ownership }) => ({ module: name, ownership })),
      sides: (module) => this.sidesOf(module),
      verify: (module, order) => verifyBoth(this.sidesOf(module), this.options.agents.of(module), order),
      evidence: (module, stepAgeMs) => this.evidence.of(module, stepAgeMs),
      callSteps: (question) => stepsOf(this.callers(), question),
      outage: (module) => this.evidence.restart(module),
      probe: (module, order) => this.probers.get(module)?.order(order),
      clearMismatches: async (module) => {
        await this.evidence.clearComparisons(module);
        return store.clear(module);
      },
      wakesServers: () => this.options.link.asleep,
      service: (module) => this.services.presenceOf(module),
      natsLost: () => this.options.link.trouble !== null,
      guards: (module) => guarded.figures().filter((each) => each.module === module),
      mismatches: async (module) => {
        const contract = contracts.find(({ name }) => name === module)!;
        return (await store.samples(module)).map((entry) => withVolatileLines(contract, entry));
      },
      localUse: async (module) => watch.servedHere(module),
      publish: (module, entry) => this.board.write(module, entry),
    };
  }

  /**
   * Services and other programs that may call a module whose calls are judged; of one that rests, and where there is no connection,
   * nobody is asked.
   */
  private callersOf(module: string): Reporter[] {
    const entry = this.options.routes.entryOf(module);
    const policy = entry && policyOf(entry);
    return policy?.shadowed || policy?.checksReads ? this.callers() : [];
  }

  /** All services and other programs that may call a module. */
  private callers(): (Reporter & StepsReporter)[] {
    const { contracts, routes, link } = this.options;
    if (!link.current) return [];
    const modules = contracts.map(({ name }) => name);
    const services = modules.filter((name) => this.isAway(name)).map((name) => this.sidesOf(name).extracted);
    return [...services, ...programsThatCall(link, routes, modules)];
  }

  /** Whether the module's other side is needed, as the routers know it. */
  private isAway(module: string): boolean {
    return !policies[this.options.routes.phaseOf(module) ?? 'monolith'].atHome;
  }

  private proberOf(contract: Contract, ask: AskSide): Prober {
    const { routes, watch } = this.options;
    const module = contract.name;
    return new Prober({
      module,
      operations: [...prepare(contract).values()].filter(({ kind }) => kind === 'query'),
      sides: () => this.sidesOf(module),
      ask,
      compare: (operation, input) => this.shadow.probe(operation, input),
      record: (side, ms, failed) => watch.record(module, side, 'probe', ms, failed),
      halted: () => routes.entryOf(module)?.degraded ?? true,
      flush: async () => {
        await Promise.all([watch.flush(), this.counts.flush()]);
        this.evidence.forget(module);
      },
    });
  }

  private sidesOf(module: string): ControlledSides {
    let sides = this.sides.get(module);
    if (!sides) {
      const { agents, link, database } = this.options;
      sides = {
        monolith: agents.of(module) ?? this.withoutCode(module),
        extracted: remoteSide(link, module, 'extracted', belongingOf(database, module)),
      };
      this.sides.set(module, sides);
    }
    return sides;
  }

  /** The monolith's side of a decommissioned module: its rows in the toolkit's tables, and its retired tables. */
  private withoutCode(module: string): SideAgent {
    const { database } = this.options;
    const bare = { module, ownership: 'by-key' as const, tables: [], routingKey: undefined, transforms: {} };
    return new SideAgent({ database, module: bare, side: 'monolith', link: undefined });
  }
}
