import type { OpenAPIObject } from '@nestjs/swagger';
import request from 'supertest';
import { edge, signingKey } from '../testing/edge.js';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Schema = { $ref?: string; type?: string; properties?: object; required?: string[] } & Record<
  string,
  unknown
>;

describe('the OpenAPI document', () => {
  let document: OpenAPIObject;
  let page: request.Response;
  let jwks: request.Response;

  beforeAll(async () => {
    const key = await signingKey();
    const { app, server } = await edge({ users: { jwks: async () => ({ keys: [key.jwk] }) } });
    document = (await request(server).get('/docs/openapi.json')).body as OpenAPIObject;
    page = await request(server).get('/docs');
    jwks = await request(server).get('/.well-known/jwks.json');
    expect(jwks.body).toEqual({ keys: [key.jwk] });
    await app.close();
  });

  const operation = (method: string, path: string) =>
    (document.paths[path] as Record<string, Operation> | undefined)?.[method] as Operation;
  const operations = () =>
    Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(item as Record<string, Operation>).map(([method, found]) => ({ path, method, found })),
    );
  const schema = (name: string) => document.components?.schemas?.[name] as Schema;

  it('is shown to people too, and the keys may be cached', () => {
    expect(page.status).toBe(200);
    expect(page.text).toContain('swagger-ui');
    expect(jwks.headers['cache-control']).toBe('public, max-age=300');
  });

  it('has every route, and no other', () => {
    expect(
      operations()
        .map(({ method, path }) => `${method} ${path}`)
        .sort(),
    ).toEqual([
      'delete /api/v1/users/{id}',
      'get /.well-known/jwks.json',
      'get /api/v1/dashboard',
      'get /api/v1/orders',
      'get /api/v1/orders/{id}',
      'get /api/v1/orders/{id}/payment',
      'get /api/v1/products',
      'get /api/v1/products/{sku}',
      'get /api/v1/users',
      'get /api/v1/users/{id}',
      'get /api/v2/users/{id}',
      'patch /api/v1/users/{id}',
      'patch /api/v2/users/{id}',
      'post /api/v1/auth/keys',
      'post /api/v1/auth/token',
      'post /api/v1/orders',
      'post /api/v1/orders/{id}/cancel',
      'post /api/v1/products/{sku}/restock',
      'post /api/v1/users',
      'put /api/v1/products/{sku}',
      'put /api/v1/users/{id}/password',
      'put /api/v1/users/{id}/role',
    ]);
  });

  it('has no reference to nothing, and no schema without content', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)];
    expect(references.length).toBeGreaterThan(50);
    for (const [, name] of references) {
      expect(Object.keys(schema(name as string).properties ?? {})).not.toEqual([]);
    }
  });

  it('declares what stands in a path, as required and with its rules', () => {
    for (const { path, found } of operations()) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const declared = (found.parameters ?? []).filter(
        (parameter) => 'in' in parameter && parameter.in === 'path',
      );
      expect(declared.map((parameter) => 'name' in parameter && parameter.name)).toEqual(named);
      for (const parameter of declared)
        expect(parameter).toMatchObject({ required: true, schema: { type: 'string' } });
    }
  });

  it('takes its rules from the DTOs', () => {
    expect(schema('RegisterBody')).toEqual({
      type: 'object',
      properties: {
        email: { type: 'string', format: 'email', maxLength: 254 },
        name: { type: 'string', minLength: 1, maxLength: 200 },
        password: { type: 'string', minLength: 8, maxLength: 200 },
      },
      required: ['email', 'name', 'password'],
    });
    expect(schema('PlaceOrderBody').properties).toMatchObject({
      items: {
        type: 'array',
        minItems: 1,
        maxItems: 1_000,
        items: { $ref: '#/components/schemas/StockLine' },
      },
      payment: { $ref: '#/components/schemas/PaymentToken' },
    });
    expect(schema('Money').properties).toMatchObject({ amount: { type: 'integer', minimum: 0 } });
    const [after, limit] = operation('get', '/api/v1/products').parameters ?? [];
    expect(after).toMatchObject({ name: 'after', in: 'query', required: false });
    expect(limit).toMatchObject({
      name: 'limit',
      schema: { type: ['integer', 'null'], minimum: 1, maximum: 200 },
    });
  });

  it('says who may come in', () => {
    const open = operations().filter(({ found }) => found.security !== undefined);
    expect(open.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([
      'get /.well-known/jwks.json',
      'get /api/v1/products',
      'get /api/v1/products/{sku}',
      'post /api/v1/auth/token',
      'post /api/v1/users',
    ]);
    expect(document.security).toEqual([{ bearer: [] }]);
    expect(document.components?.securitySchemes?.bearer).toMatchObject({ type: 'http', scheme: 'bearer' });
  });

  it('has the errors of a route, as problem documents', () => {
    const { responses } = operation('post', '/api/v1/orders');
    expect(Object.keys(responses).sort()).toEqual([
      '201',
      '400',
      '401',
      '402',
      '404',
      '409',
      '413',
      '415',
      '422',
      '429',
      '500',
      '503',
      '504',
    ]);
    expect(responses['409']).toEqual({
      description: expect.stringMatching(/out_of_stock.*order_cancelled/),
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    });
    expect(Object.keys(operation('put', '/api/v1/products/{sku}').responses)).toContain('403');
    const read = Object.keys(operation('get', '/api/v1/products/{sku}').responses);
    expect(read.filter((status) => ['401', '413', '415'].includes(status))).toEqual([]);
  });

  it('has the header that makes a request safe to repeat', () => {
    const named = expect.objectContaining({ name: 'Idempotency-Key', in: 'header', required: false });
    expect(operation('post', '/api/v1/orders').parameters).toContainEqual(named);
    expect(operation('post', '/api/v1/products/{sku}/restock').parameters).toContainEqual(named);
  });

  it('names each operation once', () => {
    const names = operations().map(({ found }) => found.operationId);
    expect(new Set(names).size).toBe(names.length);
  });
});
