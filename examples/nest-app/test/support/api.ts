import type { INestApplication } from '@nestjs/common';
import request from 'supertest';
import type { App } from 'supertest/types';
import { SEED_ADMIN, SEED_PASSWORD, SEED_RECEPTION } from '../../src/database/accounts';

export class Client {
  constructor(
    private readonly target: App | string,
    readonly accessToken?: string,
    readonly refreshToken?: string,
  ) {}

  get(path: string) {
    return this.authorize(request(this.target).get(`/api${path}`));
  }

  post(path: string, body: object = {}) {
    return this.authorize(request(this.target).post(`/api${path}`)).send(body);
  }

  put(path: string, body: object = {}) {
    return this.authorize(request(this.target).put(`/api${path}`)).send(body);
  }

  patch(path: string, body: object) {
    return this.authorize(request(this.target).patch(`/api${path}`)).send(body);
  }

  delete(path: string) {
    return this.authorize(request(this.target).delete(`/api${path}`));
  }

  private authorize(test: request.Test): request.Test {
    return this.accessToken ? test.set('Authorization', `Bearer ${this.accessToken}`) : test;
  }
}

export class Api {
  readonly anonymous: Client;
  admin: Client;
  reception: Client;

  private constructor(
    private readonly target: App | string,
    private readonly app?: INestApplication<App>,
  ) {
    this.anonymous = new Client(target);
  }

  static async start(): Promise<Api> {
    const url = process.env.APP_URL;
    const api = url ? new Api(url.replace(/\/$/, '')) : await Api.inProcess();
    api.admin = await api.login(SEED_ADMIN, SEED_PASSWORD);
    api.reception = await api.login(SEED_RECEPTION, SEED_PASSWORD);
    return api;
  }

  async login(email: string, password: string): Promise<Client> {
    const { body } = await this.anonymous.post('/auth/login', { email, password }).expect(200);
    return new Client(this.target, body.accessToken, body.refreshToken);
  }

  async stop(): Promise<void> {
    await this.app?.close();
  }

  private static async inProcess(): Promise<Api> {
    const { startInProcess } = await import('./in-process');
    const app = await startInProcess();
    return new Api(app.getHttpServer(), app);
  }
}
