import { IsArray, IsInt, IsString, Length, Max, Min } from 'class-validator';
import { contract, Count, List, Maybe, query } from 'nestjs-strangler/contract';

export class Product {
  @Length(1, 100) sku: string;
  @IsString() name: string;
  @IsString() category: string;
  /** Pence. */
  @Count(1) price: number;
}

export class Search {
  @IsArray() @IsString({ each: true }) categories: string[];
  @IsString() words: string;
  @IsInt() @Min(1) @Max(9_999) page: number;
}

export class Found {
  @List(() => Product) items: Product[];
  /** On all pages. */
  @Count() matches: number;
}

export class BySku {
  @IsString() sku: string;
}

export class Which {
  @Maybe() @IsString() category?: string | null;
  @Maybe() @IsArray() @IsString({ each: true }) skus?: string[] | null;
}

class Products {
  @List(() => Product) items: Product[];
}

/** What is sold. Its routing key is the SKU. */
export const catalogue = contract('catalogue', {
  ownership: 'by-key',
  operations: {
    search: query({ who: 'anyone', input: Search, output: Found }),
    product: query({ who: 'anyone', input: BySku, output: Product, errors: ['not_found'], key: 'sku' }),
    /** For other modules, which keep SKUs and nothing else of a product. */
    list: query({ input: Which, output: Products }),
  },
});
