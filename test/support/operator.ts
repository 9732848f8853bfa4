import type { Action, HistoryEntry, ModuleStatus } from 'nestjs-strangler';
import { Client, type Answer, type OpenShop } from './shop.js';

/** The operator, at the admin listener of a shop. */
export class OperatorClient {
  private constructor(
    private readonly shop: OpenShop,
    private client: Client,
  ) {}

  static async of(shop: OpenShop): Promise<OperatorClient> {
    return new OperatorClient(shop, await Client.operator(shop));
  }

  async status(module: string): Promise<ModuleStatus> {
    return (await this.get<ModuleStatus>(`/modules/${module}`)).body;
  }

  async history(module: string): Promise<HistoryEntry[]> {
    return (await this.get<{ items: HistoryEntry[] }>(`/modules/${module}/history`)).body.items;
  }

  /** Asks for an action; `how` is its body. */
  act(
    module: string,
    verb: Action['verb'] | 'parked',
    how: object = {},
  ): Promise<Answer<{ detail?: string; plan?: string[] }>> {
    return this.send('POST', `/modules/${module}/${verb}`, how);
  }

  get<T>(path: string): Promise<Answer<T>> {
    return this.send('GET', path);
  }

  /** Whether one can log in changes while modules are held: then once more, as who one is now. */
  private async send<T>(method: string, path: string, body?: object): Promise<Answer<T>> {
    const answer = await this.client.send<T>(method, path, body);
    if (![401, 503].includes(answer.status)) return answer;
    this.client = await Client.operator(this.shop);
    return this.client.send<T>(method, path, body);
  }
}

/** How a module stands. */
export const statusOf = async (shop: OpenShop, module: string): Promise<ModuleStatus> =>
  (await OperatorClient.of(shop)).status(module);
