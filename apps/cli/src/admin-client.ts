import type { ActionAnswer, Finding, HistoryEntry, MismatchEntry, ModuleStatus, ParkedRow } from '#strangler';
import { Failure, Misuse } from './failure.js';
import { callJson, NoAnswer, type Answer, type Call } from './http.js';
import type { Session } from './session.js';

/** Longer than the API takes to look into the databases of all modules. */
const readMs = 10_000;
/** Some actions are done when they are answered, and wait for a hand-off. */
const actMs = 60_000;

/** A parked row and the side whose outbox holds it. */
export type ParkedOn = ParkedRow & { side: string };

/** The admin API. Every method throws {@link Failure}: refused (with the reason), not logged in, or nobody there. */
export class AdminClient {
  constructor(
    private readonly url: string,
    private readonly session: Session,
  ) {}

  modules = (): Promise<ModuleStatus[]> => this.items('/modules');

  module = (module: string): Promise<ModuleStatus> => this.get(pathOf(module));

  history = (module: string, limit: number): Promise<HistoryEntry[]> =>
    this.items(`${pathOf(module)}/history?limit=${limit}`);

  mismatches = (module: string): Promise<MismatchEntry[]> => this.items(`${pathOf(module)}/mismatches`);

  parked = (module: string): Promise<ParkedOn[]> => this.items(`${pathOf(module)}/parked`);

  doctor = (module: string | undefined): Promise<Finding[]> =>
    this.items(`/doctor${module === undefined ? '' : `?module=${encodeURIComponent(module)}`}`);

  /** Asks for an action; `body` as in the admin API. */
  act(module: string, verb: string, body: object): Promise<ActionAnswer> {
    return this.call<ActionAnswer>(`${pathOf(module)}/${verb}`, { method: 'POST', timeoutMs: actMs, body });
  }

  private get<T>(path: string): Promise<T> {
    return this.call<T>(path, { method: 'GET', timeoutMs: readMs });
  }

  private async items<T>(path: string): Promise<T[]> {
    return (await this.get<{ items: T[] }>(path)).items;
  }

  private async call<T>(path: string, call: Call): Promise<T> {
    const send = async () =>
      callJson(this.url + path, { ...call, authorization: await this.session.authorization() });
    let answer = await send().catch((error: unknown) => explain(error, call));
    if (answer.status === 401 && this.session.renew())
      answer = await send().catch((error: unknown) => explain(error, call));
    if (answer.status < 300) return answer.body as T;
    throw failureFor(answer, this.url);
  }
}

const pathOf = (module: string): string => `/modules/${encodeURIComponent(module)}`;

function explain(error: unknown, { method }: Call): never {
  if (!(error instanceof NoAnswer)) throw error;
  if (error.reason === 'no_server') {
    throw new NoAnswer(
      error.reason,
      `${error.message}: start the shop with "npm start", or name its admin API in ADMIN_URL`,
    );
  }
  const unknown = method === 'POST' ? '; it may have been done: look with "status" and "history"' : '';
  throw new NoAnswer(error.reason, error.message + unknown);
}

function failureFor({ status, body }: Answer, url: string): Failure {
  const said = typeof body.detail === 'string' ? body.detail : undefined;
  if (status === 409) return new Failure(`refused: ${said ?? 'not now'}`);
  if (status === 400) return new Misuse(said ?? 'the admin API does not understand this');
  if (status === 404)
    return new Failure(said ?? `what answers at ${url} is not the admin API: see ADMIN_URL`);
  if (status === 401) return new Failure(`not logged in: ${said ?? 'the token is not accepted'}`);
  if (status === 403)
    return new Failure('this takes the role admin: log in as one with ADMIN_EMAIL and ADMIN_PASSWORD');
  const trace = typeof body.traceId === 'string' ? `; its log says more under ${body.traceId}` : '';
  return new Failure(`the shop at ${url} answers ${status}${said ? `: ${said}` : ''}${trace}`);
}
