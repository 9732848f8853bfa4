export const USER_DEACTIVATED = 'user.deactivated';

export class UserDeactivatedEvent {
  constructor(readonly userId: number) {}
}
