import { orders } from '#contracts';
import { StranglerModule } from 'nestjs-strangler';
import { Module } from '@nestjs/common';
import { CancelOrderSaga } from './cancel-order.saga.js';
import { CustomerRow } from './customer.entity.js';
import { CustomerProduct, CustomerSales } from './customer-sales.entity.js';
import { Customers } from './customers.js';
import { OrderRow } from './order.entity.js';
import { OrdersService } from './orders.service.js';
import { PlaceOrderSaga } from './place-order.saga.js';
import { SalesView } from './sales-view.js';

@Module({
  imports: [
    StranglerModule.forFeature(orders, OrdersService, {
      tables: [OrderRow, CustomerRow, CustomerSales, CustomerProduct],
      eventTables: [CustomerRow, CustomerSales, CustomerProduct],
      routingKey: 'user_id',
      providers: [Customers, SalesView],
      processes: { place: PlaceOrderSaga, cancel: CancelOrderSaga },
      views: { orders: [CustomerSales, CustomerProduct] },
    }),
  ],
})
export class OrdersModule {}
