import { UnavailableError } from 'nestjs-strangler/contract';
import { type Role, type Session } from '#contracts';
import { createLogger } from '#platform';
import { Controller, Get, Module, Post, Req } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import request from 'supertest';
import { configureAdmin } from '../configure-http.js';
import type { UsersPort } from '../ports.js';
import { ann, bob, claimsOf, signingKey, type SigningKey } from '../testing/edge.js';
import { stopClock } from '../testing/stop-clock.js';
import { AdminGuard } from './admin.guard.js';
import { OperatorTokens } from './operator-tokens.js';
import type { SignedRequest } from './principal.js';
import { TokenVerifier } from './token-verifier.js';

@Controller('thing')
class ThingController {
  @Get() see(): object {
    return {};
  }
  @Post() act(@Req() { principal }: SignedRequest): object {
    return { actor: principal?.email ?? principal?.id };
  }
}

const root = { id: bob, email: 'root@shop.example', password: 'correct horse battery' };
const basic = (password: string) => `Basic ${Buffer.from(`${root.email}:${password}`).toString('base64')}`;

const secret = 'b0a1c2d3e4f596874f1d0c6b9a8e7352';
const operators = [
  { name: 'eve', token: `eve.${secret}`, role: 'admin' },
  { name: 'wall', token: `wall.${secret}`, role: 'viewer' },
] as const;

describe('the guard of the admin listener', () => {
  let key: SigningKey;
  let app: NestExpressApplication;
  /** What the users module says; nothing: it is away. */
  let sessions: Record<string, Session> | undefined;

  beforeEach(async () => {
    key = await signingKey();
    sessions = {};
    const port = {
      jwks: async () => ({ keys: [key.jwk] }),
      getSession: async ({ id }: { id: string }) => {
        if (!sessions) throw new UnavailableError('users', 'away');
        return sessions[id] ?? { id, role: 'admin', version: 0 };
      },
    } as unknown as UsersPort;
    const bootstrap = async () => root;
    const guard = new AdminGuard({
      tokens: TokenVerifier.ofUsers(port, bootstrap),
      bootstrap,
      operators: new OperatorTokens(operators),
    });
    @Module({ controllers: [ThingController], providers: [{ provide: APP_GUARD, useValue: guard }] })
    class AdminModule {}
    const built = await Test.createTestingModule({ imports: [AdminModule] }).compile();
    app = built.createNestApplication<NestExpressApplication>({ bodyParser: false, logger: false });
    configureAdmin(app, createLogger({ level: 'error', destination: { write: () => undefined } }));
    await app.init();
  });
  afterEach(() => app.close());

  const send = (method: 'get' | 'post', authorization: string) =>
    request(app.getHttpServer())[method]('/thing').set('Authorization', authorization);
  const token = async (id: string, role: Role, version = 0) =>
    `Bearer ${await key.sign({ ...claimsOf(id, role), sv: version, email: `${role}@shop.example` })}`;
  const statuses = async (authorization: string) => [
    (await send('get', authorization)).status,
    (await send('post', authorization)).status,
  ];

  test.each([
    ['admin', [200, 201]],
    ['viewer', [200, 403]],
    ['user', [403, 403]],
  ] as const)('%s: looks and acts as that role may', async (role, expected) => {
    expect(await statuses(await token(ann, role))).toEqual(expected);
  });

  test('a role that was taken is gone at the next call, and so is a session', async () => {
    const admin = await token(ann, 'admin');
    expect(await statuses(admin)).toEqual([200, 201]);
    sessions = { [ann]: { id: ann, role: 'viewer', version: 0 } };
    expect(await statuses(admin)).toEqual([200, 403]);
    sessions = { [ann]: { id: ann, role: 'admin', version: 1 } };
    expect(await statuses(admin)).toEqual([401, 401]);
    expect(await statuses(await token(ann, 'admin', 1))).toEqual([200, 201]);
  });

  test('who acts is the person that logged in', async () => {
    expect((await send('post', await token(ann, 'admin'))).body).toEqual({ actor: 'admin@shop.example' });
  });

  test('a token of the settings gets in as what it stands there for, under its name, whoever knows the users', async () => {
    sessions = undefined;
    expect(await statuses(`Bearer eve.${secret}`)).toEqual([200, 201]);
    expect(await statuses(`Bearer wall.${secret}`)).toEqual([200, 403]);
    expect((await send('post', `Bearer eve.${secret}`)).body).toEqual({ actor: 'eve' });
    for (const other of [
      `Bearer eve.${secret}x`,
      `Bearer wal.${secret}`,
      `Bearer ${secret}`,
      `eve.${secret}`,
    ])
      expect([other, await statuses(other)]).toEqual([other, [401, 401]]);
  });

  describe('while the users cannot be asked', () => {
    test('the last that was known counts, and the history says so', async () => {
      const admin = await token(ann, 'admin');
      await send('get', admin);
      sessions = undefined;
      expect((await send('post', admin)).body).toEqual({
        actor: 'admin@shop.example (the users could not be asked)',
      });
      expect(await statuses(await token('01890a5d-ac96-774b-bcce-b302099a8059', 'admin'))).toEqual([
        503, 503,
      ]);
    });

    test('the bootstrap admin gets in, with a token or with the password itself', async () => {
      const known = await token(root.id, 'admin');
      // The keys are known, the session is not.
      await send('get', await token(ann, 'user'));
      sessions = undefined;
      expect(await statuses(known)).toEqual([200, 201]);
      expect((await send('post', basic(root.password))).body).toEqual({
        actor: 'root@shop.example (the users could not be asked)',
      });
    });

    test('a wrong password is refused, and after some no more are looked at', async () => {
      stopClock();
      sessions = undefined;
      expect((await send('get', basic('wrong'))).status).toBe(401);
      const more = await Promise.all(Array.from({ length: 30 }, (_, i) => send('get', basic(`wrong ${i}`))));
      expect(more.filter(({ status }) => status === 401)).toHaveLength(9);
      expect(more.find(({ status }) => status === 429)?.headers['retry-after']).toBe('60');
      expect((await send('get', basic(root.password))).status).toBe(429);
      jest.useRealTimers();
    });

    test('a program that has an old password makes the admin not wait', async () => {
      sessions = undefined;
      for (let i = 0; i < 20; i++) expect((await send('get', basic('old'))).status).toBe(401);
      for (let i = 0; i < 20; i++) expect((await send('get', basic(root.password))).status).toBe(200);
    });
  });

  test('a password opens nothing while the users can be asked', async () => {
    expect(await statuses(basic(root.password))).toEqual([401, 401]);
  });
});
