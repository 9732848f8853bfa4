import { Module } from '@nestjs/common';
import { StranglerModule } from 'nestjs-strangler';
import { account } from './account.contract.js';
import { AccountController } from './account.controller.js';
import { AccountRow } from './account.entity.js';
import { AccountService } from './account.service.js';

@Module({
  imports: [StranglerModule.forFeature(account, AccountService, { sharedTables: [AccountRow] })],
  controllers: [AccountController],
})
export class AccountModule {}
