import request from 'supertest';
import { openAdmin, type AdminListener } from '../../../test/support/admin.js';
import { ScriptedOperator } from '../../../test/support/scripted-operator.js';

/* What would go wrong: a page of another port has its visitor press buttons that he does not see. */
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
