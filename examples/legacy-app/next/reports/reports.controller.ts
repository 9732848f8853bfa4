import { Controller, Get, Query, Res } from '@nestjs/common';
import type { Response } from 'express';
import { InjectPort, type Port } from 'nestjs-strangler';
import { sendReport } from '../../src/reports.js';
import { reports } from './reports.contract.js';

@Controller('reports')
export class ReportsController {
  constructor(@InjectPort(reports) private readonly port: Port<typeof reports>) {}

  @Get('sales')
  async sales(@Query('category') category: unknown, @Res() res: Response): Promise<void> {
    const { items } = await this.port.sales(typeof category === 'string' ? { category } : {});
    await sendReport(res, items);
  }
}
