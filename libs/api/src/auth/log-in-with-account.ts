import type { Credentials } from '#contracts';
import type { ModuleRef } from '@nestjs/core';
import { AuthController } from '../auth.controller.js';

/** How an operator's account of the shop lets him in to the page of an admin listener: with the token that the API would give him. */
export const logInWithAccount =
  (app: ModuleRef) =>
  async (credentials: Credentials, address: string): Promise<{ token: string; seconds: number }> => {
    const { accessToken, expiresIn } = await app
      .get(AuthController, { strict: false })
      .token(credentials, address);
    return { token: accessToken, seconds: expiresIn };
  };
