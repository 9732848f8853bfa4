import { Body, Controller, Get, Post, Req, Res, Session } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { SessionData } from 'express-session';
import { InjectPort, type Port } from 'nestjs-strangler';
import { html, page, pounds } from '../../src/pages.js';
import { basket } from './basket.contract.js';

@Controller('basket')
export class BasketController {
  constructor(@InjectPort(basket) private readonly baskets: Port<typeof basket>) {}

  @Get()
  async show(@Session() { account }: SessionData, @Res() res: Response): Promise<void> {
    const { lines } = await this.baskets.content({ account });
    const total = lines.reduce((sum, { quantity, price }) => sum + quantity * price, 0);
    const items = lines.map(
      ({ name, quantity, price }) => html`<li>${quantity} × ${name}: ${pounds(quantity * price)}</li>`,
    );
    const content = html`<ul>
        ${items}
      </ul>
      <p>Total ${pounds(total)}</p>`;
    res.format({ html: () => res.send(page('Basket', content)), json: () => res.json({ lines, total }) });
  }

  /** A form's quantity is text; what it has to be is the contract's to say. */
  @Post()
  async add(
    @Session() { account }: SessionData,
    @Body() { sku, quantity }: { sku: string; quantity: string | number },
    @Req() req: Request,
    @Res() res: Response,
  ): Promise<void> {
    const { lines } = await this.baskets.add({ account, sku, quantity: Number(quantity) });
    if (req.is('json')) res.status(201).json({ lines });
    else res.redirect(303, '/basket');
  }
}
