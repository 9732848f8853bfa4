import { Events } from 'nestjs-strangler';
import { UnavailableError, ValidationError, type Handlers } from 'nestjs-strangler/contract';
import {
  defaultLimit,
  emailChanged,
  erased,
  registered,
  sessionClaim,
  tokenAudience,
  tokenIssuer,
  users,
  type AccessToken,
  type ById,
  type ChangePassword,
  type Credentials,
  type EraseUser,
  type IdPage,
  type ImportUser,
  type Jwks,
  type Register,
  type RotateKeys,
  type Session,
  type SetRole,
  type UpdateUser,
  type User,
  type Users,
  type ByIds,
  type FoundUsers,
} from '#contracts';
import { pageOf } from '#platform';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { SignJWT } from 'jose';
import { In, MoreThan, Repository } from 'typeorm';
import { Account, sessionOf, userOf } from './account.entity.js';
import { Accounts } from './accounts.js';
import { isPasswordHash, Passwords } from './password.js';
import { algorithm, SigningKeys } from './signing-keys.js';

/** What a change of the password needs. */
interface NewPassword {
  proven: string | undefined;
  passwordHash: string;
}

/** How long a token is valid, in seconds. */
const tokenLifetime = 3_600;

/** Customers and operators: who they are, and the tokens that say so. */
@Injectable()
export class UsersService implements Handlers<typeof users> {
  constructor(
    @InjectRepository(Account) private readonly rows: Repository<Account>,
    private readonly accounts: Accounts,
    private readonly passwords: Passwords,
    private readonly signingKeys: SigningKeys,
    private readonly events: Events,
  ) {}

  prepareRegister({ password }: Register): Promise<string> {
    return this.passwords.hash(password);
  }

  register({ id, email, name }: Register, passwordHash: string): Promise<User> {
    return this.add({ id, email, name, role: 'user', profile: {}, passwordHash }, { imported: false });
  }

  async importUser(account: ImportUser): Promise<User> {
    if (!isPasswordHash(account.passwordHash)) {
      throw new ValidationError(['passwordHash must be the PHC string of an argon2id hash']);
    }
    return this.add(account, { imported: true });
  }

  async authenticate({ email, password }: Credentials): Promise<AccessToken> {
    const account = await this.accounts.findByEmail(email);
    if (!(await this.passwords.matches(password, account?.passwordHash)) || !account) {
      throw users.error('authenticate', 'unauthenticated');
    }
    return { accessToken: await this.tokenFor(account), expiresIn: tokenLifetime };
  }

  jwks(): Promise<Jwks> {
    return this.signingKeys.published();
  }

  rotateKeys({ endTokens }: RotateKeys): Promise<Jwks> {
    return this.signingKeys.rotate(endTokens ? 0 : tokenLifetime);
  }

  async getUser({ id }: ById): Promise<User> {
    const account = await this.rows.findOneBy({ id });
    if (!account) throw users.error('getUser', 'not_found', { id });
    return userOf(account);
  }

  async getUsers({ users: asked }: ByIds): Promise<FoundUsers> {
    const found = await this.rows.findBy({ id: In(asked.map(({ id }) => id)) });
    return { items: found.map(userOf) };
  }

  async getSession({ id }: ById): Promise<Session> {
    const account = await this.rows.findOneBy({ id });
    if (!account) throw users.error('getSession', 'not_found', { id });
    return sessionOf(account);
  }

  prepareUpdate({ id, password }: UpdateUser): Promise<string | undefined> {
    return this.proven(id, password);
  }

  async updateUser({ id, name, email, password }: UpdateUser, proven: string | undefined): Promise<User> {
    const account = await this.locked(id);
    assertProven(account, password, proven);
    const { email: former } = account;
    const isOther = email != null && email !== former;
    if (isOther) await this.claim(email);
    account.name = name ?? account.name;
    account.email = email ?? account.email;
    await this.rows.save(account);
    if (isOther) this.events.emit(emailChanged, { id, email, name: account.name, former });
    return userOf(account);
  }

  async prepareChange({ id, currentPassword, newPassword }: ChangePassword): Promise<NewPassword> {
    return {
      proven: await this.proven(id, currentPassword),
      passwordHash: await this.passwords.hash(newPassword),
    };
  }

  async changePassword(
    { id, currentPassword }: ChangePassword,
    { proven, passwordHash }: NewPassword,
  ): Promise<User> {
    const account = await this.locked(id);
    assertProven(account, currentPassword, proven);
    account.passwordHash = passwordHash;
    account.sessionVersion++;
    await this.rows.save(account);
    return userOf(account);
  }

  async setRole({ id, role }: SetRole): Promise<User> {
    const account = await this.locked(id);
    if (account.role === role) return userOf(account);
    if (account.role === 'admin' && !(await this.accounts.keepsAdminBeside(id))) {
      throw users.error('setRole', 'last_admin', { id });
    }
    account.role = role;
    account.sessionVersion++;
    await this.rows.save(account);
    return userOf(account);
  }

  prepareErase({ id, password }: EraseUser): Promise<string | undefined> {
    return this.proven(id, password);
  }

  /** @throws `unavailable` while nothing is told: nobody else would hear of it. */
  async eraseUser({ id, password }: EraseUser, proven: string | undefined): Promise<ById> {
    if (!this.events.areTold) throw new UnavailableError('users', 'nobody can be erased while EVENTS=off');
    const account = await this.locked(id);
    assertProven(account, password, proven);
    if (account.role === 'admin' && !(await this.accounts.keepsAdminBeside(id)))
      throw users.error('eraseUser', 'last_admin', { id });
    await this.accounts.erase(id);
    this.events.emit(erased, { id });
    return { id };
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

  /** The account, kept from others until the end of the transaction. */
  private async locked(id: string): Promise<Account> {
    const account = await this.rows.findOne({ where: { id }, lock: { mode: 'for_no_key_update' } });
    if (!account) throw users.error('getUser', 'not_found', { id });
    return account;
  }

  /** The hash for which the password was right: the transaction looks whether it is still the one that counts. */
  private async proven(id: string, password: string | null | undefined): Promise<string | undefined> {
    if (password == null) return undefined;
    const account = await this.rows.findOneBy({ id });
    const right = await this.passwords.matches(password, account?.passwordHash);
    return right ? account?.passwordHash : undefined;
  }

  private async add(
    account: Omit<Account, 'createdAt' | 'sessionVersion'>,
    { imported }: { imported: boolean },
  ): Promise<User> {
    await this.claim(account.email);
    await this.signingKeys.ensure();
    const row = Object.assign(this.rows.create(), { ...account, sessionVersion: 0 });
    await this.rows.insert(row);
    const { id, email, name } = account;
    this.events.emit(registered, { id, email, name, ...(imported && { imported }) });
    return userOf(row);
  }

  private async claim(email: string): Promise<void> {
    if ((await this.accounts.claimEmail(email)) === 'taken') throw users.error('register', 'email_taken');
  }

  /** With an e-mail where there is a role: it names the actor in the history of what was moved. */
  private async tokenFor({ id, role, email, sessionVersion }: Account): Promise<string> {
    const { kid, key } = await this.signingKeys.active();
    return new SignJWT({ role, [sessionClaim]: sessionVersion, ...(role !== 'user' && { email }) })
      .setProtectedHeader({ alg: algorithm, kid })
      .setSubject(id)
      .setIssuer(tokenIssuer)
      .setAudience(tokenAudience)
      .setIssuedAt()
      .setExpirationTime(`${tokenLifetime}s`)
      .sign(key);
  }
}

function assertProven(
  { passwordHash }: Account,
  given: string | null | undefined,
  proven: string | undefined,
): void {
  if (given != null && proven !== passwordHash) throw users.error('updateUser', 'wrong_password');
}
