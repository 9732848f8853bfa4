import { OutcomeUnknownError, UnavailableError, ValidationError } from 'nestjs-strangler/contract';
import { users } from '#contracts';
import request from 'supertest';
import { edge } from '../testing/edge.js';
import { problems, refusal, type ProblemCode } from './problems.js';

type Edge = Awaited<ReturnType<typeof edge>>;

describe('errors on their way out', () => {
  let shop: Edge;
  let thrown: unknown;

  beforeAll(async () => {
    shop = await edge({
      inventory: {
        getProduct: async () => {
          throw thrown;
        },
      },
    });
  });
  afterAll(() => shop.app.close());

  const failWith = (error: unknown) => {
    thrown = error;
    return request(shop.server).get('/api/v1/products/A1');
  };

  it.each(Object.entries(problems))('%s has its status and is a problem document', async (code, row) => {
    const answer = await failWith(refusal(code as ProblemCode, 'because'));
    expect(answer.status).toBe(row.status);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(JSON.parse(answer.text)).toEqual({
      type: `/problems/${code}`,
      title: row.title,
      status: row.status,
      code,
      traceId: answer.headers['x-request-id'],
      ...(code !== 'internal' && { detail: 'because' }),
    });
  });

  it('what nobody declared is told to the log, and to the caller only as an id', async () => {
    const answer = await failWith(new Error('password of the database: hunter2'));
    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain('hunter2');
    const line = shop.lines.find(({ context }) => context === 'ProblemFilter');
    expect(line).toMatchObject({ level: 'error', requestId: JSON.parse(answer.text).traceId });
    expect(JSON.stringify(line)).toContain('problem.filter.spec');
  });

  it('a code without a row is internal', async () => {
    const answer = await failWith(
      Object.assign(users.error('getUser', 'not_found'), { code: 'constructor' }),
    );
    expect(JSON.parse(answer.text)).toMatchObject({ status: 500, code: 'internal' });
  });

  it('what is not even an error is internal', async () => {
    expect((await failWith('oops')).status).toBe(500);
  });

  it('the facts of an error arrive', async () => {
    const answer = await failWith(new OutcomeUnknownError('orders', 'place', 'c-1'));
    expect(JSON.parse(answer.text)).toMatchObject({ data: { module: 'orders', commandId: 'c-1' } });
  });

  it('who meets an unavailable module is told when to come back, and nothing of sides; the log is', async () => {
    const reason = 'nobody serves inventory on the side extracted now';
    const answer = await failWith(new UnavailableError('inventory', reason, 7));
    expect(answer.headers['retry-after']).toBe('7');
    expect(JSON.parse(answer.text)).toMatchObject({
      title: 'This part of the shop cannot be reached just now',
      detail: 'inventory cannot be reached just now; trying again is safe',
      data: { module: 'inventory', retryAfterSeconds: 7 },
    });
    expect(answer.text).not.toMatch(/side|extracted|monolith/);
    expect(shop.lines).toContainEqual(expect.objectContaining({ level: 'warn', reason }));
  });

  it('the fields that are wrong are named, as pointers', async () => {
    const errors = [{ pointer: '/sku', message: 'sku is not right' }];
    const answer = await failWith(new ValidationError(['sku is not right'], errors));
    expect(JSON.parse(answer.text)).toMatchObject({ status: 400, detail: 'sku is not right', errors });
  });

  it('titles are plain', () => {
    expect(problems.unauthenticated.title).toBe('Authentication is required');
    expect(problems.not_found.title).toBe('Not found');
    for (const { title } of Object.values(problems)) expect(title).toMatch(/^[A-Z][^?]+[^.?]$/);
  });

  it('who is not known is told how to say who he is', async () => {
    const answer = await request(shop.server).get('/api/v1/orders');
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer');
  });

  it.each([
    ['a path that is not there', '/api/v1/nothing'],
    ['a path outside the API', '/nothing'],
    ['a version that is not there', '/api/v3/products/A1'],
  ])('%s is a problem too', async (_what, path) => {
    const answer = await request(shop.server).get(path);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(JSON.parse(answer.text)).toMatchObject({ status: 404, code: 'not_found' });
  });

  it.each([
    ['malformed JSON', '{"email": ', 'application/json', 400, 'validation_failed'],
    ['no JSON', 'email=x', 'application/x-www-form-urlencoded', 415, 'unsupported_media_type'],
    ['more than 10 kB', JSON.stringify(['x'.repeat(10_240)]), 'application/json', 413, 'payload_too_large'],
    ['an unknown charset', '{}', 'application/json; charset=x-none', 415, 'unsupported_media_type'],
  ])(
    'a body with %s is a problem too, with the id of its request',
    async (_what, body, type, status, code) => {
      const answer = await request(shop.server).post('/api/v1/users').set('Content-Type', type).send(body);
      const problem = JSON.parse(answer.text);
      expect(problem).toMatchObject({ status, code, traceId: answer.headers['x-request-id'] });
    },
  );
});
