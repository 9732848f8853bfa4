import { PageQueryDto } from './page-query.dto';

export class Page<T> {
  items: T[];
  total: number;
  page: number;
  pages: number;

  constructor(items: T[], total: number, query: PageQueryDto) {
    this.items = items;
    this.total = total;
    this.page = query.page;
    this.pages = Math.ceil(total / query.limit);
  }
}

export function pageOptions(query: PageQueryDto): { skip: number; take: number } {
  return { skip: (query.page - 1) * query.limit, take: query.limit };
}
