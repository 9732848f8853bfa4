import type { OpenAPIObject } from '@nestjs/swagger';

interface Example {
  /** By name, in path or query. Ids are those of one's own answers: none is right for all. */
  parameters?: Readonly<Record<string, string | number>>;
  body?: object;
}

const login = { email: 'ann@example.com', password: 'a teapot on the moon' };
const secondPassword = 'a second teapot, on Mars';
const sample = { sku: '85123A' };
const teapot = { sku: 'TEAPOT-1' };

/** Requests that succeed in the shop with the sample, one after the other; those of admins with their token. */
const examples: Readonly<Record<string, Example>> = {
  'post /api/v1/users': { body: { ...login, name: 'Ann Lee' } },
  'post /api/v1/auth/token': { body: login },
  'get /api/v1/products': { parameters: { limit: 10 } },
  'get /api/v1/products/{sku}': { parameters: sample },
  'post /api/v1/orders': { body: { items: [{ ...sample, quantity: 6 }], payment: { token: 'tok_ok' } } },
  'patch /api/v1/users/{id}': { body: { name: 'Ann Mary Lee' } },
  'patch /api/v2/users/{id}': { body: { name: 'Ann Mary Lee' } },
  'put /api/v1/users/{id}/password': {
    body: { currentPassword: login.password, newPassword: secondPassword },
  },
  'delete /api/v1/users/{id}': { body: { password: secondPassword } },
  'put /api/v1/users/{id}/role': { body: { role: 'viewer' } },
  'post /api/v1/auth/keys': { body: { endTokens: false } },
  'put /api/v1/products/{sku}': {
    parameters: teapot,
    body: { description: 'TEAPOT OF CAST IRON', price: { amount: 2_450, currency: 'GBP' }, onHand: 12 },
  },
  'post /api/v1/products/{sku}/restock': { parameters: teapot, body: { quantity: 10 } },
};

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

/** Puts the examples into the document, where "Try it out" takes them from. */
export function addExamples({ paths }: OpenAPIObject): void {
  for (const [name, { parameters = {}, body }] of Object.entries(examples)) {
    const [method = '', path = ''] = name.split(' ');
    const operation = (paths[path] as Record<string, Operation> | undefined)?.[method];
    if (!operation) throw new Error(`an example for ${name}, which is not there`);
    for (const parameter of operation.parameters ?? []) {
      if ('name' in parameter && parameter.name in parameters) parameter.example = parameters[parameter.name];
    }
    const { requestBody } = operation;
    if (body && requestBody && 'content' in requestBody)
      Object.values(requestBody.content).forEach((content) => (content.example = body));
  }
}
