import { command, contract, Count, Id } from 'nestjs-strangler/contract';
import { Sku } from '#contracts';
import type { DataSource } from 'typeorm';
import { managerOf } from '#strangler/database/transaction';
import { sale } from '../depot/depot.js';

class Sale {
  @Id() id: string;
  @Sku() sku: string;
  @Count(1) quantity: number;
}

/** The depot's one command. */
export const sales = contract('depot', {
  ownership: 'by-key',
  operations: { sell: command({ input: Sale, output: Sale, key: (i) => i.sku, timeoutMs: 20_000 }) },
});

/** Its code. */
export const handlersOn = (dataSource: DataSource) => ({
  sell: async (input: unknown): Promise<Sale> => {
    const { id, sku, quantity } = input as Sale;
    await managerOf(dataSource).query(sale.take, [sku, quantity]);
    await managerOf(dataSource).query(sale.note, [id, sku, quantity]);
    return { id, sku, quantity };
  },
});
