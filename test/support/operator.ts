import type { Action, HistoryEntry, ModuleStatus } from '#strangler';
import { Client, type Answer, type OpenShop } from './shop.js';

/** The operator, at the admin listener of a shop. */
export class OperatorClient {
  private constructor(private readonly client: Client) {}

  static async of(shop: OpenShop): Promise<OperatorClient> {
    return new OperatorClient((await Client.admin(shop.url)).at(shop.adminUrl));
  }

  async status(module: string): Promise<ModuleStatus> {
    return (await this.client.send<ModuleStatus>('GET', `/modules/${module}`)).body;
  }

  async history(module: string): Promise<HistoryEntry[]> {
    return (await this.client.send<{ items: HistoryEntry[] }>('GET', `/modules/${module}/history`)).body
      .items;
  }

  /** Asks for an action; `how` is its body. */
  act(
    module: string,
    verb: Action['verb'],
    how: object = {},
  ): Promise<Answer<{ detail?: string; plan?: string[] }>> {
    return this.client.send('POST', `/modules/${module}/${verb}`, how);
  }

  get<T>(path: string): Promise<Answer<T>> {
    return this.client.send<T>('GET', path);
  }
}

/** How a module stands. */
export const statusOf = async (shop: OpenShop, module: string): Promise<ModuleStatus> =>
  (await OperatorClient.of(shop)).status(module);
