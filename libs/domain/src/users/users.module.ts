import { users } from '#contracts';
import { StranglerModule } from 'nestjs-strangler';
import { Module, type Type } from '@nestjs/common';
import { getRepositoryToken } from '@nestjs/typeorm';
import { Account, SplitNameAccount, WholeNameAccount } from './account.entity.js';
import { accountTransform } from './account.transform.js';
import { Accounts } from './accounts.js';
import { Passwords } from './password.js';
import { SigningKey } from './signing-key.entity.js';
import { SigningKeys } from './signing-keys.js';
import { UsersService } from './users.service.js';

/** The module on a database that keeps accounts in this form. */
const usersWith = (form: Type<Account>) =>
  StranglerModule.forFeature(users, UsersService, {
    tables: [form, SigningKey],
    transforms: { account: accountTransform },
    providers: [
      { provide: getRepositoryToken(Account), useExisting: getRepositoryToken(form) },
      Accounts,
      Passwords,
      SigningKeys,
    ],
    prepare: {
      register: (service, input) => service.prepareRegister(input),
      updateUser: (service, input) => service.prepareUpdate(input),
      changePassword: (service, input) => service.prepareChange(input),
      eraseUser: (service, input) => service.prepareErase(input),
    },
  });

/** Who the customers are, and how they prove it: in the monolith. */
@Module({ imports: [usersWith(WholeNameAccount)] })
export class UsersModule {}

/** The same as a service of its own, whose database keeps first and last names apart. */
@Module({ imports: [usersWith(SplitNameAccount)] })
export class ExtractedUsersModule {}
