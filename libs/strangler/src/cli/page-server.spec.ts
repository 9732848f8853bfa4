import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
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

it('ends what goes on when that admin API is killed, for the page to come again', async () => {
  const streams: ServerResponse[] = [];
  const elsewhere = createServer((_request, response) => {
    streams.push(response);
    response.write(': still here\n\n');
  }).listen(0, '127.0.0.1');
  await once(elsewhere, 'listening');
  const target = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;
  const other = await servePage(new URL(target), 0);
  const answer = await fetch(`http://localhost:${(other.address() as AddressInfo).port}/events`);
  const reader = answer.body!.getReader();
  await reader.read();
  streams[0]!.destroy();
  await expect(reader.read()).rejects.toThrow('terminated');
  other.close();
  elsewhere.close();
});

it('passes on to that admin API alone, whatever a path looks like', async () => {
  const other = createServer((_, response) => response.end('<script>steal()</script>')).listen(
    0,
    '127.0.0.1',
  );
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  for (const path of [`/http://127.0.0.1:${port}/`, `//127.0.0.1:${port}/`, `/\\\\127.0.0.1:${port}/`]) {
    const answer = await request(url).get(path);
    expect(answer.text).not.toContain('steal');
    expect(answer.status).toBeGreaterThanOrEqual(400);
  }
  other.close();
});

it('keeps its session apart from those of other listeners of this machine, and sends it no others', async () => {
  const begun = await request(url).post('/session').set(own).send(adminLogin);
  const { port } = server.address() as AddressInfo;
  expect(String(begun.headers['set-cookie'])).toMatch(new RegExp(`^strangler-${port}=`));
  const sent: string[] = [];
  const elsewhere = createServer(({ headers }, response) => {
    sent.push(headers.cookie ?? 'none');
    response.end('{}');
  }).listen(0, '127.0.0.1');
  await once(elsewhere, 'listening');
  const target = (elsewhere.address() as AddressInfo).port;
  const other = await servePage(new URL(`http://127.0.0.1:${target}`), 0);
  const local = (other.address() as AddressInfo).port;
  const at = `http://localhost:${local}/modules`;
  await request(at)
    .get('')
    .set({ cookie: `strangler-${local}=mine; strangler-${target}=theirs; other=secret` });
  await request(at).get('').set({ cookie: 'other=secret' });
  expect(sent).toEqual([`strangler-${target}=mine`, 'none']);
  other.close();
  elsewhere.close();
});

it('a session of a listener behind TLS begins here as well, where there is none', async () => {
  const safe = { ...own, 'x-forwarded-proto': 'https' };
  const there = await request(admin.url).post('/session').set(safe).send(adminLogin);
  expect(String(there.headers['set-cookie'])).toContain('; Secure');
  const here = await request(url).post('/session').set(safe).send(adminLogin);
  expect(String(here.headers['set-cookie'])).toMatch(/; HttpOnly; SameSite=Strict; Max-Age=3600$/);
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
