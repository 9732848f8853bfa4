import type { Role } from '#contracts';
import { AdminGuard, TokenVerifier } from '#api';
import { createLogger, NestLogger } from '#platform';
import { openAdmin as openListener } from '#strangler/nest/admin-listener';
import { createRegistry } from '../../libs/platform/src/metrics/registry.js';
import { DomainError } from 'nestjs-strangler/contract';
import type { Operator } from 'nestjs-strangler';
import { Logger, type INestApplication } from '@nestjs/common';
import type { AddressInfo } from 'node:net';
import { adminListener } from '../../apps/monolith/src/admin.js';
import { ann, bearer, claimsOf, signingKey } from '../../libs/api/src/testing/edge.js';
import { scriptedLogin } from './scripted-login.js';

/** Who may log in. */
export const adminLogin = { email: 'admin@shop.example', password: 'correct horse battery' };

/** Where routes of the edge are moved, as it says. */
export const gatewayPage = 'http://127.0.0.1:3002/';

/** The admin listener as the monolith opens it, over an operator that is given; and the login of the shop beside it. */
export interface AdminListener {
  readonly url: string;
  /** Answers `POST /api/v1/auth/token` for {@link adminLogin}, and nothing else. */
  readonly shopUrl: string;
  /** The user id in the tokens. */
  readonly subject: string;
  /** How often somebody asked for a token. */
  logins(): number;
  /** Makes all tokens that were given out worthless. */
  forgetTokens(): Promise<void>;
  /** `Authorization` of someone. */
  authorization(role: Role): Promise<string>;
  /** `GET /modules/:module`, … as the application has registered them. */
  routes(): string[];
  close(): Promise<void>;
}

/** `guard`: another one than that of {@link adminLogin}. */
export async function openAdmin(operator: Operator, guard?: AdminGuard): Promise<AdminListener> {
  let key = await signingKey();
  let verifier = verifierOf(key);
  const verify = (token: string) => verifier.verify(token);
  const lines = createLogger({ level: 'fatal' });
  Logger.overrideLogger(new NestLogger(lines));
  const routes = new URL(gatewayPage);
  const app = await openListener(adminListener(0, routes, lines), {
    operator,
    routes,
    operations: { registry: createRegistry({ service: 'monolith', version: '0' }), checks: [] },
    guard: guard ?? new AdminGuard({ tokens: { verify } as TokenVerifier }),
    logIn: async ({ email, password }) => {
      if (email !== adminLogin.email || password !== adminLogin.password)
        throw new DomainError('unauthenticated', {}, 'wrong e-mail or password');
      return { token: await key.sign({ ...claimsOf(ann, 'admin'), email }), seconds: 3_600 };
    },
  });
  const login = await scriptedLogin(adminLogin, () =>
    key.sign({ ...claimsOf(ann, 'admin'), email: adminLogin.email }),
  );
  return {
    url: `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`,
    shopUrl: login.url,
    subject: ann,
    logins: () => login.count(),
    forgetTokens: async () => {
      key = await signingKey('second');
      verifier = verifierOf(key);
    },
    authorization: (role) => bearer(key, ann, role),
    routes: () => routesOf(app),
    close: async () => {
      await app.close();
      await login.close();
    },
  };
}

const verifierOf = ({ jwk }: Awaited<ReturnType<typeof signingKey>>): TokenVerifier =>
  TokenVerifier.ofUsers({ jwks: async () => ({ keys: [jwk] }), getSession } as never);

/** Everybody's session goes on; the role is the token's. */
const getSession = async ({ id }: { id: string }) => ({ id, role: 'admin', version: 0 });

interface Layer {
  route?: { path: string; methods: Record<string, boolean> };
}

function routesOf(app: INestApplication): string[] {
  const { router } = app.getHttpAdapter().getInstance() as { router: { stack: Layer[] } };
  return router.stack.flatMap(({ route }) =>
    route ? Object.keys(route.methods).map((method) => `${method.toUpperCase()} ${route.path}`) : [],
  );
}
