import { StranglerModule } from 'nestjs-strangler';
import { Module } from '@nestjs/common';
import { ParcelRow } from './parcel.entity.js';
import { shipping } from './shipping.contract.js';
import { ShippingService } from './shipping.service.js';

@Module({
  imports: [
    StranglerModule.forFeature(shipping, ShippingService, { tables: [ParcelRow], routingKey: 'order_id' }),
  ],
})
export class ShippingModule {}
