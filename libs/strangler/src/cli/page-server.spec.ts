import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import request from 'supertest';
import { adminLogin, openAdmin, type AdminListener } from '../../../../test/support/admin.js';
import { ScriptedOperator } from '../../../../test/support/scripted-operator.js';
import { servePage } from './page-server.js';

let admin: AdminListener;
let server: Server;
let url: string;

beforeEach(async () => {
  admin = await openAdmin(new ScriptedOperator('stock'));
  server = await servePage(new URL(admin.url), 0);
  url = `http://localhost:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await admin.close();
});

const own = { 'sec-fetch-site': 'same-origin' };

it('shows the page here, and lets in who logs in there', async () => {
  expect((await request(url).get('/')).text).toContain('<div id="page">');
  const begun = await request(url).post('/session').set(own).send(adminLogin);
  expect(begun.status).toBe(204);
  const cookie = String(begun.headers['set-cookie']).split(';')[0]!;
  const modules = await request(url).get('/modules').set({ cookie });
  expect(modules.body).toMatchObject({ items: [{ module: 'stock' }] });
  const act = await request(url)
    .post('/modules/stock/pause')
    .set({ cookie, ...own })
    .send({});
  expect(act.status).toBe(200);
});

it('passes nothing on as somebody who has not logged in', async () => {
  expect((await request(url).get('/modules')).status).toBe(401);
});

it('passes on what happens, as it happens', async () => {
  const authorization = await admin.authorization('viewer');
  const answer = await fetch(`${url}/events`, { headers: { authorization } });
  const read = await answer.body!.getReader().read();
  expect(new TextDecoder().decode(read.value)).toContain('event: status');
});

it('answers to the names of this machine alone', async () => {
  expect((await request(url).get('/').set('host', 'evil.example')).status).toBe(403);
});

it('says when nobody answers there', async () => {
  await admin.close();
  const answer = await request(url).get('/modules');
  expect(answer.status).toBe(502);
  expect(JSON.parse(answer.text)).toMatchObject({
    detail: expect.stringContaining('does not answer') as string,
  });
});

it('says which port it cannot have', async () => {
  const { port } = server.address() as AddressInfo;
  await expect(servePage(new URL(admin.url), port)).rejects.toThrow(`port ${port} cannot be used`);
});
