import { Module } from '@nestjs/common';
import { StranglerModule } from 'nestjs-strangler';
import { catalogue } from './catalogue.contract.js';
import { CatalogueController } from './catalogue.controller.js';
import { CatalogueService } from './catalogue.service.js';
import { ProductRow } from './product.entity.js';

@Module({
  imports: [StranglerModule.forFeature(catalogue, CatalogueService, { sharedTables: [ProductRow] })],
  controllers: [CatalogueController],
})
export class CatalogueModule {}
