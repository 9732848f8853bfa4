import type {
  RouteAnswer,
  RouteHistoryEntry,
  RouteMismatch,
  RouteStatus,
} from '../../operate/route-views.js';
import { AdminApi, type AdminAddress, type Session } from './admin-api.js';

/**
 * A gateway's admin API: the routes of the edge. Every method throws {@link Failure}.
 *
 * @example
 * ```ts
 * const { percent } = await new RouteClient(address, session).route('/reports');
 * ```
 */
export class RouteClient {
  private readonly api: AdminApi;

  constructor(address: AdminAddress, session: Session) {
    this.api = new AdminApi(address, session);
  }

  routes = (): Promise<RouteStatus[]> => this.api.items('/routes');

  route = (path: string): Promise<RouteStatus> => this.api.get(pathOf(path));

  history = (path: string, limit: number): Promise<RouteHistoryEntry[]> =>
    this.api.items(`${pathOf(path)}/history?limit=${limit}`);

  mismatches = (path: string): Promise<RouteMismatch[]> => this.api.items(`${pathOf(path)}/mismatches`);

  /** Asks for an action; `body` as in the admin API. */
  act = (path: string, verb: string, body: object): Promise<RouteAnswer> =>
    this.api.post(`${pathOf(path)}/${verb}`, body);
}

const pathOf = (path: string): string => `/routes/${encodeURIComponent(path)}`;
