import type { Answer } from './outcome.js';
import type { ShopClient } from './shop-client.js';

/** Everybody's token: each customer logs in once, when the first order is due, also if several are due at once. */
export class Sessions {
  private readonly logins = new Map<string, Promise<Answer>>();

  constructor(
    private readonly client: Pick<ShopClient, 'logIn'>,
    private readonly password: string,
    private readonly onAnswer: (answer: Answer) => void,
  ) {}

  /** The answer to the customer's login; a refused one is asked for anew the next time. */
  async logIn(email: string): Promise<Answer> {
    let login = this.logins.get(email);
    if (!login) {
      login = this.ask(email);
      this.logins.set(email, login);
    }
    const answer = await login;
    if (tokenOf(answer) === undefined) this.forget(email, login);
    return answer;
  }

  /** The token that the shop has just refused is not used again. */
  async refused(email: string, token: string): Promise<void> {
    const login = this.logins.get(email);
    // Another order of the customer may have had it renewed by now.
    if (login && tokenOf(await login) === token) this.forget(email, login);
  }

  private forget(email: string, login: Promise<Answer>): void {
    if (this.logins.get(email) === login) this.logins.delete(email);
  }

  private async ask(email: string): Promise<Answer> {
    const answer = await this.client.logIn(email, this.password);
    this.onAnswer(answer);
    return answer;
  }
}

/** The token in the answer to a login, if it has one. */
export const tokenOf = ({ body: { accessToken } }: Answer): string | undefined =>
  typeof accessToken === 'string' ? accessToken : undefined;
