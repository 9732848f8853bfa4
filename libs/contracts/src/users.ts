import { IsBoolean, IsIn, IsInt, IsObject, IsString, Length, MaxLength } from 'class-validator';
import { command, contract, event, query, self } from 'nestjs-strangler/contract';
import { Email, Id, List, Masked, Maybe, Nested, Secret } from 'nestjs-strangler/contract';
import { ById, IdPage, mostAtOnce } from './shared.js';

/** From the least to the most: a viewer sees what admins see of the admin API, and changes nothing. */
export const roles = ['user', 'viewer', 'admin'] as const;
export type Role = (typeof roles)[number];

/** Who issues access tokens (claim `iss`), and whom they are for (`aud`). */
export const tokenIssuer = 'strangler-shop';
export const tokenAudience = 'strangler-shop';
/** The claim that holds the version of the session (`Session.version`); a token without it has version 0. */
export const sessionClaim = 'sv';

export class Profile {
  @Maybe() @Masked() @IsString() @MaxLength(100) country?: string | null;
}

export class User {
  @Id() id: string;
  @Email() email: string;
  @Masked() @IsString() name: string;
  @IsIn(roles) role: Role;
  @Nested(() => Profile) profile: Profile;
  @IsString() createdAt: string;
}

/** Users by their ids. */
export class ByIds {
  @List(() => ById, { min: 1, max: mostAtOnce }) users: ById[];
}

/** Those that there are. */
export class FoundUsers {
  @List(() => User) items: User[];
}

export class Users {
  @List(() => User) items: User[];
  @Maybe() @IsString() next?: string | null;
}

export class Register {
  @Id() id: string;
  @Email() email: string;
  @Masked() @Length(1, 200) name: string;
  @Secret() @Length(8, 200) password: string;
}

/** A user brought in from elsewhere, with a hash (PHC string, argon2id) instead of a password. Not reachable over HTTP. */
export class ImportUser {
  @Id() id: string;
  @Email() email: string;
  @Masked() @Length(1, 200) name: string;
  @IsIn(roles) role: Role;
  @Nested(() => Profile) profile: Profile;
  @Secret() @Length(1, 500) passwordHash: string;
}

export class UpdateUser {
  @Id() id: string;
  @Maybe() @Masked() @Length(1, 200) name?: string | null;
  @Maybe() @Email() email?: string | null;
  /** The present password. Wherever it is given it must be right; who asks for whom it is needed is the edge's affair. */
  @Maybe() @Secret() @Length(1, 200) password?: string | null;
}

export class ChangePassword {
  @Id() id: string;
  /** Left out only for an admin who gives someone a new one. */
  @Maybe() @Secret() @Length(1, 200) currentPassword?: string | null;
  @Secret() @Length(8, 200) newPassword: string;
}

export class EraseUser {
  @Id() id: string;
  /** The present password. Left out only for an admin who erases somebody else. */
  @Maybe() @Secret() @Length(1, 200) password?: string | null;
}

export class SetRole {
  @Id() id: string;
  @IsIn(roles) role: Role;
}

/** What decides whether a token still counts: what it says must be what stands here. */
export class Session {
  @Id() id: string;
  @IsIn(roles) role: Role;
  /** Grows with each change of the password or the role. */
  @IsInt() version: number;
}

export class Credentials {
  @Email() email: string;
  @Secret() @Length(1, 200) password: string;
}

export class AccessToken {
  /** A JWT signed with ES256. */
  @Secret() @IsString() accessToken: string;
  /** Seconds. */
  @IsInt() expiresIn: number;
}

export class Nothing {}

export class RotateKeys {
  /** Ends all tokens that were signed so far, at once: for a key that may be in foreign hands. */
  @Maybe() @IsBoolean() endTokens?: boolean | null;
}

export class Jwks {
  /** Public keys as of RFC 7517. */
  @IsObject({ each: true }) keys: Record<string, string>[];
}

export class UserTold {
  @Id() id: string;
  @Email() email: string;
  @Masked() @IsString() name: string;
}

export class UserRegistered extends UserTold {
  /** Brought in from elsewhere: this person has registered nowhere just now. */
  @Maybe() @IsBoolean() imported?: boolean | null;
}

export class EmailChanged extends UserTold {
  /** The one of before. */
  @Maybe() @Email() former?: string | null;
}

export class UserErased {
  @Id() id: string;
}

export const registered = event('users.registered', { data: UserRegistered, key: 'id' });
export const emailChanged = event('users.emailChanged', { data: EmailChanged, key: 'id' });

/** Whoever has kept what tells of this person forgets it. */
export const erased = event('users.erased', { data: UserErased, key: 'id' });

/** Whose account it is. */
const ofAccount = self(({ id }: { id: string }) => id);

/** Of several nobody is the one: only an admin may ask for others. */
export const theOneIn = (ids: readonly string[]): string => (new Set(ids).size === 1 ? ids[0]! : '');

/** To check a password is work for a processor: few calls wait for it, and none is made again unasked. */
const hashing = { retries: 0, atOnce: 64, waiting: 64 };

/** An e-mail is unique over all users, so the module has one owner as a whole. */
export const users = contract('users', {
  ownership: 'whole',
  operations: {
    register: command({
      who: 'anyone',
      input: Register,
      output: User,
      errors: ['email_taken'],
      timeoutMs: 3_000,
    }),
    importUser: command({ input: ImportUser, output: User, errors: ['email_taken'] }),
    authenticate: query({
      who: 'anyone',
      input: Credentials,
      output: AccessToken,
      errors: ['unauthenticated'],
      reads: 'owner',
      timeoutMs: 3_000,
      policy: hashing,
    }),
    jwks: query({ who: 'anyone', input: Nothing, output: Jwks, reads: 'owner' }),
    /** Signs with a new key from now on. Old keys stay published while a token of theirs may be about. */
    rotateKeys: command({ who: 'admin', input: RotateKeys, output: Jwks }),
    getUser: query({
      who: ofAccount,
      input: ById,
      output: User,
      errors: ['not_found'],
      reads: 'owner',
      probe: (id) => ({ id }),
    }),
    getUsers: query({
      who: self(({ users: asked }: ByIds) => theOneIn(asked.map(({ id }) => id))),
      input: ByIds,
      output: FoundUsers,
      reads: 'owner',
    }),
    /** Whether tokens of this user still count. */
    getSession: query({ input: ById, output: Session, errors: ['not_found'], reads: 'owner' }),
    /** Changes the name, the e-mail or both, together or not at all. */
    updateUser: command({
      who: ofAccount,
      input: UpdateUser,
      output: User,
      errors: ['not_found', 'email_taken', 'wrong_password'],
      timeoutMs: 3_000,
    }),
    /** Ends all tokens of the user. */
    changePassword: command({
      who: ofAccount,
      input: ChangePassword,
      output: User,
      errors: ['not_found', 'wrong_password'],
      timeoutMs: 3_000,
    }),
    /** Ends all tokens of the user. One admin stays. */
    setRole: command({ who: 'admin', input: SetRole, output: User, errors: ['not_found', 'last_admin'] }),
    /** Forgets the person, here and wherever something was told of them. One admin stays. */
    eraseUser: command({
      who: ofAccount,
      input: EraseUser,
      output: ById,
      errors: ['not_found', 'wrong_password', 'last_admin'],
      timeoutMs: 3_000,
    }),
    listUsers: query({ who: 'admin', input: IdPage, output: Users, reads: 'any' }),
  },
  events: [registered, emailChanged, erased],
});
