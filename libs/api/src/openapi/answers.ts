import { transportCodes, type Dto, type Operation } from 'nestjs-strangler/contract';
import { HttpCode, SetMetadata } from '@nestjs/common';
import { ApiOperation, ApiResponse } from '@nestjs/swagger';
import type { ProblemCode } from '../errors/problems.js';
import { ApiProblem } from './api-problem.js';
import { describeDto } from './describe-dto.js';

interface Answer {
  /** What the handler does, in a few words. */
  summary: string;
  /** The status of success (default 200). */
  status?: number;
  body: Dto<unknown>;
  /** The operations it calls: their error codes are its own. */
  calls: readonly Operation[];
  /** Error codes that the handler adds. */
  errors?: readonly ProblemCode[];
}

// What comes of a key that was used before is documented where there is a key; a handler lets in who may ask what it calls.
const notHere: readonly string[] = ['idempotency_key_reused', 'command_undone', 'forbidden'];
const anyCall = transportCodes.filter((code) => !notHere.includes(code));

export const answersKey = 'api:answers';

/** Sets a handler's status and documents all of it: its input by the classes of its parameters, its answer, its errors. */
export const Answers =
  ({ summary, status = 200, body, calls, errors = [] }: Answer): MethodDecorator =>
  (target, key, descriptor: PropertyDescriptor) => {
    const inputs = Reflect.getMetadata('design:paramtypes', target, key) as Dto<unknown>[];
    [body, ...inputs].forEach(describeDto);
    const codes = [...errors, ...anyCall, ...calls.flatMap((call) => call.errors ?? [])] as ProblemCode[];
    for (const decorate of [
      SetMetadata(answersKey, body),
      HttpCode(status),
      ApiOperation({ summary }),
      ApiResponse({ status, description: 'Success', type: body }),
      ApiProblem(...codes),
    ]) {
      decorate(target, key, descriptor);
    }
  };
