import type { RouteStatus } from '#edge';
import type { HistoryEntry, ModuleStatus } from 'nestjs-strangler';

const timeoutMs = 10_000;

/** The admin API did not do what it was asked for; the message says why. */
export class AdminError extends Error {}

/** The admin API, as far as the demo needs it. */
export class AdminClient {
  private token: string | undefined;

  /** @param logIn gets a token of the admin; asked again when the one in use has expired. */
  constructor(
    private readonly url: string,
    private readonly logIn: () => Promise<string>,
  ) {}

  /** Where a module stands. @throws {AdminError} */
  async module(name: string): Promise<ModuleStatus> {
    return (await this.ask('GET', `/modules/${name}`)) as ModuleStatus;
  }

  /** Where a route of a gateway stands. @throws {AdminError} */
  async route(path: string): Promise<RouteStatus> {
    return (await this.ask('GET', `/routes/${encodeURIComponent(path)}`)) as RouteStatus;
  }

  /** The newest entries of a module's history. @throws {AdminError} */
  async history(name: string): Promise<HistoryEntry[]> {
    return ((await this.ask('GET', `/modules/${name}/history?limit=20`)) as { items: HistoryEntry[] }).items;
  }

  /** Has an action begun. @throws {AdminError} with the reason when it is refused. */
  async act(name: string, verb: string, body: object = {}): Promise<void> {
    await this.ask('POST', `/modules/${name}/${verb}`, body);
  }

  private async ask(method: string, path: string, body?: object): Promise<unknown> {
    let response = await this.send(method, path, body);
    if (response.status === 401) {
      this.token = undefined;
      response = await this.send(method, path, body);
    }
    const text = await response.text();
    if (response.ok) return JSON.parse(text);
    throw new AdminError(`${method} ${path}: ${response.status} ${detailOf(text)}`);
  }

  private async send(method: string, path: string, body?: object): Promise<Response> {
    this.token ??= await this.logIn();
    return fetch(`${this.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
    }).catch((error: unknown) => {
      throw new AdminError(`${method} ${path}: no answer (${(error as Error).message})`);
    });
  }
}

function detailOf(text: string): string {
  try {
    const { detail, title } = JSON.parse(text) as { detail?: string; title?: string };
    return detail ?? title ?? text;
  } catch {
    return text.slice(0, 200);
  }
}
