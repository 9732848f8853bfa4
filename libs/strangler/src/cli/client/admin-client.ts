import type { EventView } from '../../calls/events/event-views.js';
import type { ActionAnswer, EventList, Operator } from '../../control/commands/operator.js';
import type {
  Finding,
  HistoryEntry,
  ModuleStatus,
  ResendAnswer,
  RowDifference,
  SideView,
  WebhookView,
} from '../../control/terms/views.js';
import type { MismatchEntry } from '../../calls/shadow/shadow-store.js';
import type { QuarantinedRow } from '../../engine/replication/outgoing-state.js';
import type { SagaList } from '../../control/commands/sagas.js';
import { AdminApi, type AdminAddress, type Session } from './admin-api.js';
import { Misuse, Unknown } from '../failure.js';
import { NoAnswer } from './http.js';
import { isRoute, verbsOfRoutes } from '../route-verbs.js';

/** A quarantined row and the side whose outbox holds it. */
export type QuarantinedOn = QuarantinedRow & { side: string };

/**
 * The admin API of an application. Every method throws {@link Failure}.
 *
 * @example
 * ```ts
 * const { phase } = await new AdminClient(address, session).module('parcels');
 * ```
 */
export class AdminClient {
  private readonly api: AdminApi;

  /** `rather`: what somebody may have meant by a module that is not there; nothing: nobody knows. */
  constructor(
    address: AdminAddress,
    session: Session,
    private readonly rather: (module: string) => Promise<Error | undefined> = async () => undefined,
  ) {
    this.api = new AdminApi(address, session);
  }

  modules = async (): Promise<ModuleStatus[]> =>
    (await this.api.items<ModuleStatus>('/modules')).map(withQuarantined);

  module = (module: string): Promise<ModuleStatus> =>
    this.of(module, async (path) => withQuarantined(await this.api.get(path)));

  history = (module: string, limit: number): Promise<HistoryEntry[]> =>
    this.of(module, (path) => this.api.items(`${path}/history?limit=${limit}`));

  mismatches = (module: string): Promise<MismatchEntry[]> =>
    this.of(module, (path) => this.api.items(`${path}/mismatches`));

  /** Of the last comparison, as many as are kept. */
  differences = (module: string): Promise<RowDifference[]> =>
    this.of(module, (path) => this.api.items(`${path}/differences`));

  quarantined = (module: string): Promise<QuarantinedOn[]> =>
    this.of(module, (path) => this.api.items(`${path}/${pathOf('quarantined')}`));

  /** Those that have not ended, or the one with that id. */
  sagas = (module: string, id?: string): Promise<SagaList> =>
    this.of(module, (path) =>
      this.api.get<SagaList>(
        `${path}/sagas${id === undefined ? '' : `?id=${encodeURIComponent(id)}`}`,
        'items',
      ),
    );

  doctor = (module: string | undefined): Promise<Finding[]> =>
    module === undefined
      ? this.api.items('/doctor')
      : this.of(module, () => this.api.items(`/doctor?module=${encodeURIComponent(module)}`));

  /** Asks for an action; `body` as in the admin API. */
  act = (module: string, verb: string, body: object): Promise<ActionAnswer> =>
    this.of(module, (path) => this.api.post<ActionAnswer>(`${path}/${pathOf(verb)}`, body));

  events = ({ limit, ...question }: Parameters<Operator['events']>[0]): Promise<EventList> =>
    this.api.get(
      `/domain-events?${new URLSearchParams({ ...question, limit: String(limit) }).toString()}`,
      'items',
    );

  event = (id: string): Promise<EventView[]> => this.api.items(eventPath(id));

  /** What is done about one delivery of an event; `body` as in the admin API. */
  actOnEvent = (id: string, verb: 'resubmit' | 'discard', body: object): Promise<ActionAnswer> =>
    this.api.post(`${eventPath(id)}/${verb}`, body);

  webhooks = (): Promise<WebhookView[]> => this.api.items('/webhooks');

  /** Has one called now; `body` as in the admin API. */
  resendWebhook = (name: string, body: object): Promise<ResendAnswer> =>
    this.api.post(`/webhooks/${encodeURIComponent(name)}/resend`, body);

  replayEvents = (body: object): Promise<ActionAnswer> => this.api.post('/domain-events/replay', body);

  private async of<T>(module: string, ask: (path: string) => Promise<T>): Promise<T> {
    if (isRoute(module))
      throw new Misuse(`this is for modules, and ${module} is a route; a route has ${verbsOfRoutes}`);
    try {
      return await ask(`/modules/${encodeURIComponent(module)}`);
    } catch (error) {
      const isThere = !(error instanceof Unknown) && !(error instanceof NoAnswer);
      throw (isThere ? undefined : await this.rather(module)) ?? error;
    }
  }
}

const eventPath = (id: string): string => `/domain-events/${encodeURIComponent(id)}`;

/** By its former name: an application of any release answers to that. */
const pathOf = (verb: string): string => (verb === 'quarantined' ? 'parked' : verb);

/** An application of a release before says `parked` alone. */
const withQuarantined = (status: ModuleStatus): ModuleStatus => {
  const { monolith, extracted } = status.sides;
  return { ...status, sides: { monolith: named(monolith), extracted: named(extracted) } };
};

const named = (side: SideView | null): SideView | null => side && { ...side, quarantined: side.parked };
