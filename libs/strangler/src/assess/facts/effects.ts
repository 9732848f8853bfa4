import type t from 'typescript';
import type { SourcePlace } from '../assessment.js';
import { ts } from '../compiler.js';
import type { Project } from '../read/project.js';
import type { Source } from '../read/source.js';
import { nodesIn, placeOf } from '../read/syntax.js';

/** Something outside the database is read or changed. */
export interface Effect {
  what: string;
  /** The package, or what else says it. */
  by: string;
  at: SourcePlace;
}

const packages: readonly [what: string, pattern: RegExp][] = [
  [
    'HTTP',
    /^(@nestjs\/axios|axios|got|node-fetch|undici|superagent|ky|needle|request|graphql-request|(node:)?https?)$/,
  ],
  [
    'mail',
    /^(nodemailer|@nestjs-modules\/mailer|@sendgrid\/.*|resend|postmark|mailgun.*|@aws-sdk\/client-ses.*)$/,
  ],
  [
    'queues and messages',
    /^(@nestjs\/(bull|bullmq|microservices)|bull|bullmq|amqplib|amqp-.*|kafkajs|pg-boss|graphile-worker|nats|@nats-io\/.*|@aws-sdk\/client-(sqs|sns)|@golevelup\/nestjs-rabbitmq|agenda)$/,
  ],
  [
    'files',
    /^((node:)?fs(\/promises)?|fs-extra|multer|@aws-sdk\/(client-s3|lib-storage)|aws-sdk|@google-cloud\/storage|@azure\/storage-blob|minio|sharp)$/,
  ],
  ['a cache', /^(ioredis|redis|@nestjs\/cache-manager|cache-manager|memcached|keyv)$/],
  ['payment', /^(stripe|@paypal\/.*|braintree|@adyen\/.*|mollie.*)$/],
  [
    'other services',
    /^(twilio|firebase-admin|openai|@elastic\/.*|@slack\/.*|telegraf|algoliasearch|@aws-sdk\/.*|@google-cloud\/.*)$/,
  ],
  ['processes', /^(node:)?(child_process|worker_threads)$/],
  ['sockets', /^(@nestjs\/websockets|socket\.io|ws)$/],
];
const typesOnly =
  /^(Request|Response|IncomingMessage|ServerResponse|IncomingHttpHeaders|Payload|Ctx|Transport|MicroserviceOptions|Server|createServer)$/;

/** What a file reaches for outside the database, by what it imports: once for each package. */
export function effectsIn(project: Project, source: Source): Effect[] {
  const found = new Map<string, Effect>();
  for (const { from, name, typeOnly, at } of source.imports.values()) {
    const kind = packages.find(([, pattern]) => pattern.test(from));
    if (!kind || typeOnly || typesOnly.test(name) || project.locate(from, source.path) || found.has(from))
      continue;
    found.set(from, { what: kind[0], by: from, at: placeOf(at) });
  }
  for (const node of nodesIn(source.file)) {
    if (found.has('fetch')) break;
    if (!ts.isCallExpression(node) || !isFetch(node.expression)) continue;
    if (!source.imports.has('fetch') && !source.declared.has('fetch'))
      found.set('fetch', { what: 'HTTP', by: 'fetch', at: placeOf(node) });
  }
  return [...found.values()];
}

const isFetch = (node: t.Expression): boolean => ts.isIdentifier(node) && node.text === 'fetch';
