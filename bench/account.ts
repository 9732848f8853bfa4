import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

const mostTries = 10;

/** A customer who is logged in. */
export interface OpenAccount {
  id: string;
  token: string;
}

/** Registers a customer at the shop and logs him in. */
export async function openAccount(url: string): Promise<OpenAccount> {
  const login = { email: `${randomUUID()}@shop.example`, password: randomUUID() };
  const { id } = await post<{ id: string }>(`${url}/api/v1/users`, { ...login, name: 'Ann Lee' });
  return { id, token: await logIn(url, login) };
}

/** Gets an access token. */
export async function logIn(url: string, login: { email: string; password: string }): Promise<string> {
  return (await post<{ accessToken: string }>(`${url}/api/v1/auth/token`, login)).accessToken;
}

async function post<T>(url: string, body: object): Promise<T> {
  const headers = { 'content-type': 'application/json' };
  const attempt = () => fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  let answer = await attempt();
  // A machine that is busy: nothing was done.
  for (let tries = 1; tries < mostTries && answer.status === 503; tries++) {
    await sleep(1_000);
    answer = await attempt();
  }
  if (!answer.ok) throw new Error(`POST ${url}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}
