import { BySku, inventory, Page } from '#contracts';
import { InjectPort } from 'nestjs-strangler';
import { Body, Controller, Get, Param, Post, Put, Query } from '@nestjs/common';
import { Public, Roles } from './auth/access.js';
import { Cached } from './cache/cached.js';
import { CommandId } from './http/command-id.js';
import { List } from './limits/shed-lists.js';
import { Answers } from './openapi/answers.js';
import type { InventoryPort } from './ports.js';
import { ProductListView, ProductView, productView, PutProductBody, RestockBody } from './products.dto.js';

const { getProduct, listProducts, putProduct, restock } = inventory.operations;

/** The catalogue. */
@Controller('products')
export class ProductsController {
  constructor(@InjectPort(inventory) private readonly inventory: InventoryPort) {}

  @Get()
  @List()
  @Public()
  @Cached('inventory')
  @Answers({ summary: 'List products', body: ProductListView, calls: [listProducts] })
  async list(@Query() page: Page): Promise<ProductListView> {
    const { items, next = null } = await this.inventory.listProducts(page);
    return { items: items.map(productView), next };
  }

  @Get(':sku')
  @Public()
  @Cached('inventory')
  @Answers({ summary: 'Get a product', body: ProductView, calls: [getProduct] })
  async get(@Param() { sku }: BySku): Promise<ProductView> {
    return productView(await this.inventory.getProduct({ sku }));
  }

  @Put(':sku')
  @Roles('admin')
  @Answers({ summary: 'Add or replace a product', body: ProductView, calls: [putProduct] })
  async put(@Param() { sku }: BySku, @Body() body: PutProductBody): Promise<ProductView> {
    return productView(await this.inventory.putProduct({ ...body, sku }));
  }

  @Post(':sku/restock')
  @Roles('admin')
  @Answers({ summary: 'Add to the stock', body: ProductView, calls: [restock] })
  async restock(
    @Param() { sku }: BySku,
    @Body() { quantity }: RestockBody,
    @CommandId() commandId: string,
  ): Promise<ProductView> {
    return productView(await this.inventory.restock({ sku, quantity }, { commandId }));
  }
}
