import type { RouteAnswer, RouteEntry, RouteMismatch, RouteStatus } from '#edge';
import { AdminApi } from './admin-api.js';
import type { Session } from './session.js';

/** A gateway's admin API: the routes of the edge. Every method throws `Failure`. */
export class RouteClient {
  private readonly api: AdminApi;

  constructor(url: string, session: Session) {
    const of = {
      name: 'the gateway',
      start: 'npm run start:gateway',
      setting: 'GATEWAY_ADMIN_PORT or GATEWAY_ADMIN_URL',
    };
    this.api = new AdminApi(url, session, of);
  }

  routes = (): Promise<RouteStatus[]> => this.api.items('/routes');

  route = (path: string): Promise<RouteStatus> => this.api.get(pathOf(path));

  history = (path: string, limit: number): Promise<RouteEntry[]> =>
    this.api.items(`${pathOf(path)}/history?limit=${limit}`);

  mismatches = (path: string): Promise<RouteMismatch[]> => this.api.items(`${pathOf(path)}/mismatches`);

  /** Asks for an action; `body` as in the admin API. */
  act = (path: string, verb: string, body: object): Promise<RouteAnswer> =>
    this.api.post(`${pathOf(path)}/${verb}`, body);
}

const pathOf = (path: string): string => `/routes/${encodeURIComponent(path)}`;
