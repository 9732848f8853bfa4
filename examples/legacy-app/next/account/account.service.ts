import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Handlers } from 'nestjs-strangler/contract';
import { Repository } from 'typeorm';
import { account, type ById, type Profile } from './account.contract.js';
import { AccountRow } from './account.entity.js';

@Injectable()
export class AccountService implements Handlers<typeof account> {
  constructor(@InjectRepository(AccountRow) private readonly rows: Repository<AccountRow>) {}

  async profile({ id }: ById): Promise<Profile> {
    const row = await this.rows.findOneBy({ id });
    if (!row) throw account.error('profile', 'not_found', { id });
    return row;
  }
}
