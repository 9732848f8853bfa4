import {
  FileWriter,
  LeaderLock,
  parseFile,
  routeEditOf,
  ShadowStore,
  WishesFile,
  Windows,
  type CallMetrics,
  type Database,
  type RouteFileChange,
  type RouteWish,
} from 'nestjs-strangler/internal';
import { Logger } from '@nestjs/common';
import type { UpstreamPools } from '../pool/upstream-pools.js';
import { Autopilot } from './autopilot.js';
import { cohortsOfClients } from './cohorts-of-clients.js';
import { noteOnShadow, notShadowed, type ApiPaths } from './not-shadowed.js';
import { RouteBoard } from './route-board.js';
import { RouteOperator } from './route-operator.js';
import { RouteTraffic, type RouteTrafficOptions } from './route-traffic.js';
import { ShadowCopies } from './shadow-copies.js';
import { RouteStore, type Kept } from './store.js';

export interface EdgeRoutesOptions extends Pick<RouteTrafficOptions, 'userOf' | 'servedBy' | 'proxies'> {
  /** The gateway's own. */
  database: Database;
  /** Counts requests, in windows of that database. */
  watch: Pick<CallMetrics, 'record'>;
  /** Of `strangler.yaml`. */
  file: string;
  /** Of the shop: the file is refused as a whole when it is wrong anywhere. */
  modules: readonly string[];
  pools: UpstreamPools;
  kept: Kept;
  /** Paths that the gateway answers itself, before any route. */
  apiPaths: ApiPaths;
}

/** The file that says which routes there are cannot be used. */
export class EdgeRoutesError extends Error {}

/**
 * Routes of the edge that move from one upstream to another, in a process of the gateway: the file that says which, the rows that say
 * how far, what moves them, and the requests themselves.
 */
export class EdgeRoutes {
  private readonly logger = new Logger('edge routes');
  readonly operator: RouteOperator;
  readonly traffic: RouteTraffic;
  private readonly store: RouteStore;
  readonly board: RouteBoard;
  private readonly lock: LeaderLock;
  private readonly autopilot: Autopilot;
  private readonly copies: ShadowCopies;
  private readonly file: WishesFile<readonly RouteWish[]>;
  private following: Promise<void> = Promise.resolve();
  private stopWatching: () => void = () => undefined;

  constructor({ database, watch, file, modules, pools, kept, apiPaths, ...how }: EdgeRoutesOptions) {
    const store = (this.store = new RouteStore(database));
    const windows = new Windows(database);
    const samples = new ShadowStore(database);
    this.board = new RouteBoard(store);
    this.lock = new LeaderLock(database);
    this.copies = new ShadowCopies(windows, samples);
    this.autopilot = new Autopilot({
      ...{ board: this.board, store, windows, samples, lock: this.lock, file, kept },
    });
    this.traffic = new RouteTraffic({
      ...how,
      ...{ board: this.board, copies: this.copies, pools },
      record: (path, upstream, ms, failed) => {
        const side = upstream === 'new' ? 'extracted' : 'monolith';
        watch.record(path, side, 'customer', ms, failed);
      },
    });
    this.file = new WishesFile(
      file,
      (text) => cohortsOfClients(notShadowed(parseFile(text, modules).edge, apiPaths)),
      (routes) => {
        if (!routes) return;
        for (const route of routes) {
          const note = noteOnShadow(route, apiPaths);
          if (note !== undefined) this.logger.warn(note);
        }
        pools.use(routes.flatMap(({ upstreams }) => Object.values(upstreams)));
        this.following = this.board.follow(routes);
      },
    );
    const edit = (text: string, change: RouteFileChange) => routeEditOf(text, modules, change);
    this.operator = new RouteOperator({
      ...{ board: this.board, store, windows, samples, lock: this.lock, pools },
      writer: new FileWriter(file, edit, this.file),
    });
  }

  /**
   * Reads the file and the rows, before the first request is taken. @throws {EdgeRoutesError} when one of them cannot be used: without it a
   * route that has moved would be answered by whoever answered it before.
   */
  async prepare(): Promise<void> {
    const moved = (await this.store.all()).some(({ phase }) => phase === 'shifting');
    await this.file.load(moved);
    await this.following;
    const { problem } = this.file.reading;
    if (problem !== null) throw new EdgeRoutesError(problem);
    if (this.board.isBlind)
      throw new EdgeRoutesError('where its routes stand could not be read from the database');
  }

  start(): void {
    this.stopWatching = this.file.watch();
    this.board.start();
    this.copies.start();
    this.autopilot.start();
  }

  /** Ends what is under way. Requests go on by what was known last. */
  async stop(): Promise<void> {
    this.stopWatching();
    this.board.stop();
    await this.autopilot.stop();
    await this.lock.close();
    await this.copies.stop();
  }
}
