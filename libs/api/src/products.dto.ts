import { Count, List, Maybe } from 'nestjs-strangler/contract';
import { Product, PutProduct, Restock } from '#contracts';
import { IsString } from 'class-validator';
import { without } from './http/without.js';

export class PutProductBody extends without(PutProduct, 'sku') {}

export class RestockBody extends without(Restock, 'sku') {}

/** A product as customers see it. */
export class ProductView extends without(Product, 'onHand', 'reserved') {
  @Count() available: number;
}

export class ProductListView {
  @List(() => ProductView) items: ProductView[];
  @Maybe() @IsString() next?: string | null;
}

export const productView = ({ sku, description, price, onHand }: Product): ProductView => ({
  sku,
  description,
  price,
  available: onHand,
});
