import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { problemMediaType } from '../errors/problem.js';
import { problems, type ProblemCode } from '../errors/problems.js';
import { addExamples } from './examples.js';

const config = new DocumentBuilder()
  .setOpenAPIVersion('3.1.0')
  .setTitle('Strangler shop')
  .setDescription(
    'Fields that are not listed are refused. Lists are pages: `next`, when it is there, is the `after` of the next page. Money is in minor units. ' +
      'Errors are problem documents (RFC 9457); another method on a path is 405, with `Allow`. `Accept-Version: v2` is the same as `/api/v2` where a v2 exists.\n\n' +
      'A first order, with "Try it out": register, log in, put the `accessToken` into "Authorize", place an order, and get it and its payment by its `id`.',
  )
  .setVersion('1')
  .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }, 'bearer')
  .addSecurityRequirements('bearer')
  .build();

/** The OpenAPI document of all controllers in `app`. */
function openApiDocument(app: INestApplication): OpenAPIObject {
  const document = SwaggerModule.createDocument(app, config, { operationIdFactory: operationId });
  addExamples(document);
  for (const operation of operationsOf(document)) {
    const isPublic = operation.security?.some((needed) => Object.keys(needed).length === 0);
    if (!isPublic) operation.responses['401'] = problem('unauthenticated');
    operation.responses['429'] ??= problem('rate_limited');
    if (operation.requestBody) {
      operation.responses['413'] = problem('payload_too_large');
      operation.responses['415'] = problem('unsupported_media_type');
    }
  }
  return document;
}

/** Serves the document: `/docs` for people, `/docs/openapi.json` for programs. It is made when first asked for. */
export function serveDocs(app: INestApplication): void {
  // Else every reload of the page needs the token again.
  const swaggerOptions = { persistAuthorization: true };
  const options = {
    swaggerOptions,
    jsonDocumentUrl: 'docs/openapi.json',
    yamlDocumentUrl: 'docs/openapi.yaml',
  };
  SwaggerModule.setup('docs', app, () => openApiDocument(app), options);
}

const operationId = (controller: string, method: string) =>
  `${controller.replace('Controller', '')}_${method}`;

const problem = (code: ProblemCode) => ({
  description: `\`${code}\`: ${problems[code].title}`,
  content: { [problemMediaType]: { schema: { $ref: '#/components/schemas/Problem' } } },
});

const methods = ['get', 'put', 'post', 'patch', 'delete'] as const;

const operationsOf = ({ paths }: OpenAPIObject) =>
  Object.values(paths).flatMap((path) => methods.flatMap((method) => path[method] ?? []));
