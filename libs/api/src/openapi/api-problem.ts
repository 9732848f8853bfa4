import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { Problem, problemMediaType } from '../errors/problem.js';
import { problems, type ProblemCode } from '../errors/problems.js';

/** Documents the errors that a handler can answer with: one entry a status, naming its codes. */
export const ApiProblem = (...codes: ProblemCode[]): MethodDecorator =>
  applyDecorators(
    ApiExtraModels(Problem),
    ...[...byStatus(codes)].map(([status, named]) => response(status, named)),
  );

function byStatus(codes: readonly ProblemCode[]): Map<number, ProblemCode[]> {
  const statuses = new Map<number, ProblemCode[]>();
  for (const code of new Set(codes)) {
    const { status } = problems[code];
    statuses.set(status, [...(statuses.get(status) ?? []), code]);
  }
  return statuses;
}

const response = (status: number, codes: readonly ProblemCode[]): MethodDecorator =>
  ApiResponse({
    status,
    description: codes.map((code) => `\`${code}\`: ${problems[code].title}`).join('; '),
    content: { [problemMediaType]: { schema: { $ref: getSchemaPath(Problem) } } },
  });
