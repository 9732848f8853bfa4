import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { Response } from 'express';
import { v5 as uuidv5, v7 as uuidv7 } from 'uuid';
import type { SignedRequest } from '../auth/principal.js';
import { refusal } from '../errors/problems.js';
import { ApiProblem } from '../openapi/api-problem.js';

/** Fixed for ever: another namespace would make every repeated request a new one. */
const namespace = 'b52cb1b2-4e2f-5d4b-9a0a-6c1f0b7d3a51';

/** The command id of what a caller calls by a name. The same caller and name give the same id, in every process. */
export const commandIdOf = (owner: string, name: string): string => uuidv5(`${owner}:${name}`, namespace);

/**
 * Injects the command id that the header `Idempotency-Key` stands for. A request without one gets a key, told in the
 * answer (errors too), with which its outcome can be asked for again.
 */
export const CommandId = createParamDecorator(
  (_data: unknown, context: ExecutionContext): string => {
    const request = context.switchToHttp().getRequest<SignedRequest>();
    const response = context.switchToHttp().getResponse<Response>();
    const key = request.headers['idempotency-key'] ?? uuidv7();
    if (typeof key !== 'string' || !/^[\x20-\x7e]{1,255}$/.test(key)) {
      throw refusal('validation_failed', 'Idempotency-Key has to be 1 to 255 printable ASCII characters');
    }
    response.setHeader('Idempotency-Key', key);
    return commandIdOf(request.principal?.id ?? '', key);
  },
  [documentHeader],
);

function documentHeader(target: object, key: string | symbol | undefined): void {
  const method = key as string;
  const descriptor = Object.getOwnPropertyDescriptor(target, method) as PropertyDescriptor;
  const header = ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: 'The same key and body take effect once, however often they are sent. Made here if absent.',
    schema: { type: 'string', minLength: 1, maxLength: 255 },
  }) as MethodDecorator;
  [header, ApiProblem('idempotency_key_reused', 'command_undone')].forEach((decorate) =>
    decorate(target, method, descriptor),
  );
}
