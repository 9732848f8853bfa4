import { Controller, Get, NotFoundException, Param, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { InjectPort, type Port } from 'nestjs-strangler';
import { searchOf, showPage, showProduct } from '../../src/catalogue.js';
import { catalogue } from './catalogue.contract.js';

@Controller('catalogue')
export class CatalogueController {
  constructor(@InjectPort(catalogue) private readonly products: Port<typeof catalogue>) {}

  @Get()
  async search(@Req() req: Request, @Res() res: Response): Promise<void> {
    const search = searchOf(req);
    const { items, matches } = await this.products.search(search);
    if (items.length === 0 && search.page > 1) throw new NotFoundException();
    showPage(res, search, items, matches);
  }

  @Get(':sku')
  async product(@Param('sku') sku: string, @Res() res: Response): Promise<void> {
    showProduct(res, await this.products.product({ sku }));
  }
}
