import { Controller, Get, Header, Res, Session } from '@nestjs/common';
import type { Response } from 'express';
import type { SessionData } from 'express-session';
import { InjectPort, type Port } from 'nestjs-strangler';
import { html, page } from '../../src/pages.js';
import { basket } from '../basket/basket.contract.js';
import { account } from './account.contract.js';

/** What somebody sees of himself. */
@Controller('account')
export class AccountController {
  constructor(
    @InjectPort(account) private readonly accounts: Port<typeof account>,
    @InjectPort(basket) private readonly baskets: Port<typeof basket>,
  ) {}

  @Get()
  @Header('Cache-Control', 'private, no-store')
  async show(@Session() session: SessionData, @Res() res: Response): Promise<void> {
    const [{ name, email }, { lines }] = await Promise.all([
      this.accounts.profile({ id: session.account }),
      this.baskets.content({ account: session.account }),
    ]);
    const pieces = lines.reduce((sum, { quantity }) => sum + quantity, 0);
    const content = html`<p>${name}, ${email}</p>
      <p>${pieces} pieces in your basket</p>
      <form method="post" action="/logout"><button>Log out</button></form>`;
    res.format({
      html: () => res.send(page('Account', content)),
      json: () => res.json({ name, email, pieces }),
    });
  }
}
