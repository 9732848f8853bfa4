import type {
  ActionAnswer,
  Finding,
  HistoryEntry,
  MismatchEntry,
  ModuleStatus,
  ParkedRow,
} from 'nestjs-strangler';
import { AdminApi } from './admin-api.js';
import type { Session } from './session.js';

/** A parked row and the side whose outbox holds it. */
export type ParkedOn = ParkedRow & { side: string };

/** The shop's admin API. Every method throws `Failure`. */
export class AdminClient {
  private readonly api: AdminApi;

  constructor(url: string, session: Session) {
    const of = { name: 'the shop', start: 'npm start', setting: 'ADMIN_URL' };
    this.api = new AdminApi(url, session, of);
  }

  modules = (): Promise<ModuleStatus[]> => this.api.items('/modules');

  module = (module: string): Promise<ModuleStatus> => this.api.get(pathOf(module));

  history = (module: string, limit: number): Promise<HistoryEntry[]> =>
    this.api.items(`${pathOf(module)}/history?limit=${limit}`);

  mismatches = (module: string): Promise<MismatchEntry[]> => this.api.items(`${pathOf(module)}/mismatches`);

  parked = (module: string): Promise<ParkedOn[]> => this.api.items(`${pathOf(module)}/parked`);

  doctor = (module: string | undefined): Promise<Finding[]> =>
    this.api.items(`/doctor${module === undefined ? '' : `?module=${encodeURIComponent(module)}`}`);

  /** Asks for an action; `body` as in the admin API. */
  act(module: string, verb: string, body: object): Promise<ActionAnswer> {
    return this.api.post<ActionAnswer>(`${pathOf(module)}/${verb}`, body);
  }
}

const pathOf = (module: string): string => `/modules/${encodeURIComponent(module)}`;
