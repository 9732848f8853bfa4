import { users } from '#contracts';
import { StranglerModule } from '#strangler';
import { Module } from '@nestjs/common';
import { Account } from './account.entity.js';
import { Accounts } from './accounts.js';
import { SigningKey } from './signing-key.entity.js';
import { SigningKeys } from './signing-keys.js';
import { UsersService } from './users.service.js';

/** Who the customers are, and how they prove it. */
@Module({
  imports: [
    StranglerModule.forFeature(users, UsersService, {
      tables: [Account, SigningKey],
      providers: [Accounts, SigningKeys],
    }),
  ],
})
export class UsersModule {}
