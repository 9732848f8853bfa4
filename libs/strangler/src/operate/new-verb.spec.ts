import request from 'supertest';
import { IsInt, Max, Min } from 'class-validator';
import { openAdmin, type AdminListener } from '../../../../test/support/admin.js';
import { ScriptedOperator } from '../../../../test/support/scripted-operator.js';
import { PlainBody } from '../control/commands/bodies.js';
import { command } from '../control/commands/command.js';
import { commands } from '../control/commands/commands.js';

/* A verb that nobody has written into the admin API is there, with its rules and in its document, once it stands in the list of commands. */
class WinkBody extends PlainBody {
  @IsInt() @Min(1) @Max(3) times: number;
}
const wink = command({
  body: WinkBody,
  atOnce: true,
  plan: ({ row }, { times }) => ({ plan: [`wink ${times} times at ${row.module}`], begins: false }),
});

let operator: ScriptedOperator;
let admin: AdminListener;
beforeAll(async () => {
  Object.assign(commands, { wink });
  operator = new ScriptedOperator('stock');
  admin = await openAdmin(operator);
});
afterAll(async () => {
  await admin.close();
  Reflect.deleteProperty(commands, 'wink');
});

const winkAt = async (body: object) => {
  const authorization = await admin.authorization('admin');
  return request(admin.url).post('/modules/stock/wink').set({ authorization }).send(body);
};

it('is taken, by its rules', async () => {
  expect((await winkAt({ times: 2 })).status).toBe(200);
  expect(operator.acts.at(-1)).toMatchObject({ module: 'stock', action: { verb: 'wink', times: 2 } });
  expect((await winkAt({ times: 4 })).status).toBe(400);
});

it('stands in the document', async () => {
  const { paths } = (await (await fetch(`${admin.url}/docs/openapi.json`)).json()) as { paths: object };
  expect(paths).toMatchObject({
    '/modules/{module}/wink': {
      post: { requestBody: { content: { 'application/json': { schema: { required: ['times'] } } } } },
    },
  });
});
