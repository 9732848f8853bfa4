import type { TokenVerifier } from '#api';
import { ConfigService } from '@nestjs/config';
import request from 'supertest';
import { openAdmin, type AdminListener } from '../../../test/support/admin.js';
import { ScriptedOperator } from '../../../test/support/scripted-operator.js';
import { adminGuard } from './admin.js';
import { readSettings } from './config.js';

/* What would go wrong: a page of another port has its visitor press buttons that he does not see; nobody gets in while the users are away. */
let admin: AdminListener;
beforeAll(async () => {
  admin = await openAdmin(new ScriptedOperator('stock'));
});
afterAll(() => admin.close());

it.each(['/docs', '/docs/', '/docs/swagger-ui-bundle.js', '/docs/openapi.json', '/', '/modules', '/nothing'])(
  '%s stands in no frame, and is what its type says',
  async (path) => {
    const { headers } = await request(admin.url).get(path);
    expect(headers['content-security-policy']).toContain(`frame-ancestors 'none'`);
    expect(headers['x-content-type-options']).toBe('nosniff');
  },
);

describe('while nobody can be asked who has an account', () => {
  const secret = '0123456789abcdef0123456789abcdef';
  const [ann, wall] = [`ann.${secret}`, `wall.${secret}`];
  const away = { verify: () => Promise.reject(new Error('the users are away')) } as unknown as TokenVerifier;
  let own: AdminListener;
  beforeAll(async () => {
    const settings = new ConfigService(readSettings({ ADMIN_TOKEN: ann, VIEWER_TOKEN: wall }));
    const guard = await adminGuard(undefined).useFactory(away, settings);
    own = await openAdmin(new ScriptedOperator('stock'), guard);
  });
  afterAll(() => own.close());

  const page = { 'sec-fetch-site': 'same-origin' };
  async function sessionOf(token: string): Promise<string> {
    const { headers } = await request(own.url).post('/session').set(page).send({ token });
    return String(headers['set-cookie']).split(';')[0]!;
  }

  it.each([
    [ann, 'ann', 'admin', 200],
    [wall, 'wall', 'viewer', 403],
  ])('a token of the settings opens the page: %s', async (token, actor, role, status) => {
    const cookie = await sessionOf(token);
    const who = await request(own.url).get('/session').set({ cookie });
    expect(who.body).toMatchObject({ actor, role });
    const act = await request(own.url)
      .post('/modules/stock/pause')
      .set({ cookie, ...page })
      .send({});
    expect(act.status).toBe(status);
  });
});
