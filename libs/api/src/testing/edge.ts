import { tokenAudience, tokenIssuer, inventory, orders, payments, users, type Role } from '#contracts';
import { createLogger, NestLogger } from '#platform';
import { currentContext, portToken } from 'nestjs-strangler';
import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { exportJWK, generateKeyPair, SignJWT, type JWTPayload } from 'jose';
import { ApiModule, type ApiOptions } from '../api.module.js';
import { configureHttp, type HttpOptions } from '../configure-http.js';
import { BoundedAdapter } from '../http/bounded-adapter.js';
import type { InventoryPort, OrdersPort, PaymentsPort, UsersPort } from '../ports.js';

/** What stands behind the edge under test. A call to anything that is not given fails. */
export interface Ports {
  users?: Partial<UsersPort>;
  inventory?: Partial<InventoryPort>;
  orders?: Partial<OrdersPort>;
  payments?: Partial<PaymentsPort>;
}

/** Ids of the people in the tests. */
export const ann = '01890a5d-ac96-774b-bcce-b302099a8057';
export const bob = '01890a5d-ac96-774b-bcce-b302099a8058';

/** A signing key as the users module has one (`secret`), and the public half that its port gives away. */
export async function signingKey(kid = 'first', alg = 'ES256') {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } as unknown as Record<string, string>;
  const sign = (claims: JWTPayload) => new SignJWT(claims).setProtectedHeader({ alg, kid }).sign(privateKey);
  return { jwk, secret: { ...(await exportJWK(privateKey)), kid }, sign };
}

export type SigningKey = Awaited<ReturnType<typeof signingKey>>;

/** A good token's claims. */
export const claimsOf = (sub: string, role: Role = 'user'): JWTPayload => ({
  sub,
  role,
  iss: tokenIssuer,
  aud: tokenAudience,
  exp: Math.floor(Date.now() / 1_000) + 600,
});

/** `Authorization` of a caller. */
export const bearer = async (key: SigningKey, sub: string, role?: Role): Promise<string> =>
  `Bearer ${await key.sign(claimsOf(sub, role))}`;

/** The edge over ports that are given, as main.ts sets it up. Its log lines are collected in `lines`. */
export async function edge(
  ports: Ports,
  api: ApiOptions = {},
  {
    adapter = new BoundedAdapter(),
    ...http
  }: Omit<HttpOptions, 'accessLog'> & { adapter?: BoundedAdapter } = {},
) {
  const lines: Record<string, unknown>[] = [];
  const destination = {
    write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>),
  };
  const logger = createLogger({ level: 'info', context: currentContext, destination });
  const built = await Test.createTestingModule({
    imports: [behind(ports), ApiModule.forRoot(api)],
  }).compile();
  const app = built.createNestApplication<NestExpressApplication>(adapter, {
    bodyParser: false,
    logger: new NestLogger(logger),
  });
  configureHttp(app, { accessLog: logger, ...http });
  await app.init();
  return { app, server: app.getHttpServer(), lines };
}

/** Everybody's session goes on, and has whatever role a token says. */
const getSession: UsersPort['getSession'] = async ({ id }) => ({ id, role: 'admin', version: 0 });

@Module({})
class PortsModule {}

function behind(ports: Ports): DynamicModule {
  const providers: Provider[] = [users, inventory, orders, payments].map((contract) => ({
    provide: portToken(contract),
    useValue: { ...(contract.name === 'users' && { getSession }), ...ports[contract.name] },
  }));
  return { module: PortsModule, global: true, providers, exports: providers };
}
