import { ValidationError } from 'nestjs-strangler/contract';
import { type UpdateUser } from '#contracts';
import type { UsersPort } from '../ports.js';
import type { Principal } from './principal.js';

/** Who changes the own account shows the password; an admin who helps somebody else cannot know it. @throws {ValidationError} */
export function requirePassword(
  caller: Principal,
  id: string,
  field: string,
  given: string | null | undefined,
): void {
  if (caller.id === id && given == null)
    throw new ValidationError([`${field} must be given: the present one`]);
}

/** With the e-mail goes the account, so a token alone does not change it. The e-mail that it has may be sent along. */
export async function requirePasswordForEmail(
  caller: Principal,
  id: string,
  { email, password }: Pick<UpdateUser, 'email' | 'password'>,
  users: UsersPort,
): Promise<void> {
  if (email == null || password != null || caller.id !== id) return;
  if ((await users.getUser({ id })).email !== email) requirePassword(caller, id, 'password', password);
}
