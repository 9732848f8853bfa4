import { Email, Id, List, Maybe, Nested, Schema } from 'nestjs-strangler/contract';
import { ChangePassword, EraseUser, Profile, Register, SetRole, UpdateUser, User } from '#contracts';
import { IsString } from 'class-validator';
import { without } from './http/without.js';

export class RegisterBody extends without(Register, 'id') {}

export class UpdateUserBody extends without(UpdateUser, 'id') {}

export class ChangePasswordBody extends without(ChangePassword, 'id') {}

export class EraseUserBody extends without(EraseUser, 'id') {}

export class SetRoleBody extends without(SetRole, 'id') {}

/** A user as of v1. */
export class UserView extends without(User, 'profile') {}

export class UserListView {
  @List(() => UserView) items: UserView[];
  @Maybe() @IsString() next?: string | null;
}

/** A user as of v2. */
export class UserViewV2 {
  @Id() id: string;
  @Email() email: string;
  @IsString() firstName: string;
  @IsString() lastName: string;
  @Nested(() => Profile) profile: Profile;
}

const v1 = Schema.of(UserView);

export const userView = (user: User): UserView => v1.pick(user);

/** The name is cut at its first space; who has only one name has no last name. */
export function userViewV2({ id, email, name, profile }: User): UserViewV2 {
  const space = name.indexOf(' ');
  const [firstName, lastName] = space < 0 ? [name, ''] : [name.slice(0, space), name.slice(space + 1)];
  return { id, email, firstName, lastName, profile };
}
