import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { InjectPort, type Port } from 'nestjs-strangler';
import type { Handlers } from 'nestjs-strangler/contract';
import { Repository } from 'typeorm';
import { catalogue } from '../catalogue/catalogue.contract.js';
import type { OfCategory, reports, Sales, Sold } from './reports.contract.js';
import { SaleRow } from './sale.entity.js';

/** The report in one query; the names are the catalogue's. */
@Injectable()
export class ReportsService implements Handlers<typeof reports> {
  constructor(
    @InjectRepository(SaleRow) private readonly rows: Repository<SaleRow>,
    @InjectPort(catalogue) private readonly products: Port<typeof catalogue>,
  ) {}

  async sales({ category }: OfCategory): Promise<Sales> {
    const { items } = await this.products.list({ category });
    const sums = await this.rows.query<Omit<Sold, 'name'>[]>(
      `select sku, sum(quantity)::integer as pieces, sum(quantity * price)::integer as revenue
       from sales where sku = any($1) group by sku`,
      [items.map(({ sku }) => sku)],
    );
    const bySku = new Map(sums.map((sum) => [sum.sku, sum]));
    return { items: items.map(({ sku, name }) => ({ pieces: 0, revenue: 0, ...bySku.get(sku), sku, name })) };
  }
}
