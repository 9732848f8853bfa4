import { inventory } from '#contracts';
import { StranglerModule } from 'nestjs-strangler';
import { Module } from '@nestjs/common';
import { InventoryService } from './inventory.service.js';
import { ReservationLine } from './reservation-line.entity.js';
import { Reservations } from './reservations.js';
import { StockItem } from './stock-item.entity.js';
import { Stock } from './stock.js';

/** What the shop sells, how much of it there is, and what of it is promised to which order. */
@Module({
  imports: [
    StranglerModule.forFeature(inventory, InventoryService, {
      tables: [StockItem, ReservationLine],
      routingKey: 'sku',
      providers: [Stock, Reservations],
    }),
  ],
})
export class InventoryModule {}
