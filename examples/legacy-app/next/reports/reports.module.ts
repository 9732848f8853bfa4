import { Module } from '@nestjs/common';
import { StranglerModule } from 'nestjs-strangler';
import { reports } from './reports.contract.js';
import { ReportsController } from './reports.controller.js';
import { ReportsService } from './reports.service.js';
import { SaleRow } from './sale.entity.js';

@Module({
  imports: [StranglerModule.forFeature(reports, ReportsService, { sharedTables: [SaleRow] })],
  controllers: [ReportsController],
})
export class ReportsModule {}
