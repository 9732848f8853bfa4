import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Handlers } from 'nestjs-strangler/contract';
import { Repository } from 'typeorm';
import { pageSize } from '../../src/catalogue.js';
import {
  catalogue,
  type BySku,
  type Found,
  type Product,
  type Search,
  type Which,
} from './catalogue.contract.js';
import { ProductRow } from './product.entity.js';

const freshMs = 5_000;

/** It is small and seldom changes, so it is read every five seconds at most and searched in memory. */
@Injectable()
export class CatalogueService implements Handlers<typeof catalogue> {
  private kept: Promise<ProductRow[]> | undefined;
  private readAt = 0;

  constructor(@InjectRepository(ProductRow) private readonly rows: Repository<ProductRow>) {}

  async search({ categories, words, page }: Search): Promise<Found> {
    const wanted = words.toLowerCase();
    const matches = (await this.all()).filter(
      ({ category, name }) =>
        (categories.length === 0 || categories.includes(category)) && name.toLowerCase().includes(wanted),
    );
    return { items: matches.slice(pageSize * (page - 1), pageSize * page), matches: matches.length };
  }

  async product({ sku }: BySku): Promise<Product> {
    const found = (await this.all()).find((product) => product.sku === sku);
    if (!found) throw catalogue.error('product', 'not_found', { sku });
    return found;
  }

  async list({ category, skus }: Which): Promise<{ items: Product[] }> {
    const items = (await this.all()).filter(
      (product) => (!category || product.category === category) && (!skus || skus.includes(product.sku)),
    );
    return { items };
  }

  private all(): Promise<ProductRow[]> {
    if (this.kept && performance.now() - this.readAt < freshMs) return this.kept;
    this.readAt = performance.now();
    const read = this.rows.find({ order: { sku: 'ASC' } });
    // What failed is not kept.
    read.catch(() => (this.kept = undefined));
    return (this.kept = read);
  }
}
