import {
  defaultLimit,
  tokenAudience,
  tokenIssuer,
  users,
  ValidationError,
  type AccessToken,
  type ById,
  type Credentials,
  type Handlers,
  type IdPage,
  type ImportUser,
  type Jwks,
  type Register,
  type UpdateUser,
  type User,
  type Users,
} from '#contracts';
import { pageOf } from '#platform';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { SignJWT } from 'jose';
import { MoreThan, Repository } from 'typeorm';
import { Account, userOf } from './account.entity.js';
import { Accounts } from './accounts.js';
import { hashPassword, isPassword, isPasswordHash } from './password.js';
import { algorithm, SigningKeys } from './signing-keys.js';

/** How long a token is valid, in seconds. */
const tokenLifetime = 3_600;

/** Customers and operators: who they are, and the tokens that say so. */
@Injectable()
export class UsersService implements Handlers<typeof users> {
  constructor(
    @InjectRepository(Account) private readonly rows: Repository<Account>,
    private readonly accounts: Accounts,
    private readonly signingKeys: SigningKeys,
  ) {}

  async register({ id, email, name, password }: Register): Promise<User> {
    const passwordHash = await hashPassword(password);
    return this.add({ id, email, name, role: 'user', profile: {}, passwordHash });
  }

  async importUser(account: ImportUser): Promise<User> {
    if (!isPasswordHash(account.passwordHash)) {
      throw new ValidationError(['passwordHash must be the PHC string of an argon2id hash']);
    }
    return this.add(account);
  }

  async authenticate({ email, password }: Credentials): Promise<AccessToken> {
    const account = await this.accounts.findByEmail(email);
    if (!(await isPassword(password, account?.passwordHash)) || !account) {
      throw users.error('authenticate', 'unauthenticated');
    }
    return { accessToken: await this.tokenFor(account), expiresIn: tokenLifetime };
  }

  jwks(): Promise<Jwks> {
    return this.signingKeys.published();
  }

  async getUser({ id }: ById): Promise<User> {
    const account = await this.rows.findOneBy({ id });
    if (!account) throw users.error('getUser', 'not_found', { id });
    return userOf(account);
  }

  async updateUser({ id, name, email }: UpdateUser): Promise<User> {
    const account = await this.rows.findOne({ where: { id }, lock: { mode: 'for_no_key_update' } });
    if (!account) throw users.error('updateUser', 'not_found', { id });
    if (email && email !== account.email) await this.claim(email);
    account.name = name ?? account.name;
    account.email = email ?? account.email;
    await this.rows.save(account);
    return userOf(account);
  }

  async listUsers({ after, limit }: IdPage): Promise<Users> {
    const take = limit ?? defaultLimit;
    const rows = await this.rows.find({
      where: after ? { id: MoreThan(after) } : {},
      order: { id: 'ASC' },
      take: take + 1,
    });
    return pageOf(rows.map(userOf), take, (user) => user.id);
  }

  private async add(account: Omit<Account, 'createdAt'>): Promise<User> {
    await this.claim(account.email);
    await this.signingKeys.ensure();
    const row = Object.assign(this.rows.create(), account);
    await this.rows.insert(row);
    return userOf(row);
  }

  private async claim(email: string): Promise<void> {
    if ((await this.accounts.claimEmail(email)) === 'taken') throw users.error('register', 'email_taken');
  }

  /** With the e-mail of an admin only: it names the actor in the history of what was moved. */
  private async tokenFor({ id, role, email }: Account): Promise<string> {
    const { kid, key } = await this.signingKeys.active();
    return new SignJWT({ role, ...(role === 'admin' && { email }) })
      .setProtectedHeader({ alg: algorithm, kid })
      .setSubject(id)
      .setIssuer(tokenIssuer)
      .setAudience(tokenAudience)
      .setIssuedAt()
      .setExpirationTime(`${tokenLifetime}s`)
      .sign(key);
  }
}
