import { Module } from '@nestjs/common';
import { StranglerModule } from 'nestjs-strangler';
import { basket } from './basket.contract.js';
import { BasketController } from './basket.controller.js';
import { BasketService } from './basket.service.js';
import { LineRow } from './line.entity.js';

@Module({
  imports: [StranglerModule.forFeature(basket, BasketService, { sharedTables: [LineRow] })],
  controllers: [BasketController],
})
export class BasketModule {}
