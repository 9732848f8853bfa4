import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { InjectPort, type Port } from 'nestjs-strangler';
import type { Handlers } from 'nestjs-strangler/contract';
import { Repository } from 'typeorm';
import { catalogue } from '../catalogue/catalogue.contract.js';
import type { Add, basket, Content, OfAccount } from './basket.contract.js';
import { LineRow } from './line.entity.js';

@Injectable()
export class BasketService implements Handlers<typeof basket> {
  constructor(
    @InjectRepository(LineRow) private readonly rows: Repository<LineRow>,
    @InjectPort(catalogue) private readonly products: Port<typeof catalogue>,
  ) {}

  async content({ account }: OfAccount): Promise<Content> {
    const rows = await this.rows.find({ where: { account }, order: { sku: 'ASC' } });
    const { items } = await this.products.list({ skus: rows.map(({ sku }) => sku) });
    const products = new Map(items.map((product) => [product.sku, product]));
    const lines = rows.flatMap(({ sku, quantity }) => {
      const product = products.get(sku);
      return product ? [{ ...product, quantity }] : [];
    });
    return { lines };
  }

  async add({ account, sku, quantity }: Add): Promise<Content> {
    await this.products.product({ sku });
    await this.rows.query(
      `insert into basket_lines as line (account, sku, quantity) values ($1, $2, $3)
       on conflict (account, sku) do update set quantity = line.quantity + excluded.quantity`,
      [account, sku, quantity],
    );
    return this.content({ account });
  }
}
