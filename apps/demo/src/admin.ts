import { StartError } from '#platform';
import type { AdminAddress, Session } from 'nestjs-strangler/cli';
import { ShopClient, tokenOf } from '#sample';
import type { DemoSetup } from './setup.js';

/** An admin API of the demo. */
export const adminAt = (name: string, url: string): AdminAddress => ({
  url,
  name,
  start: 'see its log',
  setting: 'the demo',
  absent: '',
});

/** The admin of the demo, who logs in wherever people do. */
export class AdminSession implements Session {
  private token: string | undefined;
  readonly takes = 'this takes the role admin';

  constructor(
    private readonly shopUrl: string,
    private readonly login: DemoSetup['admin'],
  ) {}

  /** @throws {StartError} */
  async authorization(): Promise<string> {
    this.token ??= await this.logIn();
    return `Bearer ${this.token}`;
  }

  renew(): boolean {
    this.token = undefined;
    return true;
  }

  private async logIn(): Promise<string> {
    const answer = await new ShopClient(this.shopUrl).logIn(this.login.email, this.login.password);
    const token = tokenOf(answer);
    if (token === undefined) throw new StartError(`the admin cannot log in: ${answer.code ?? answer.status}`);
    return token;
  }
}
