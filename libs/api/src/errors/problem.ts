import { ApiProperty } from '@nestjs/swagger';
import type { ProblemCode } from './problems.js';

/** An error as callers see it: RFC 9457, with the code for programs and the id to quote when asking for help. */
export class Problem {
  @ApiProperty({ format: 'uri-reference', example: '/problems/out_of_stock' }) type: string;
  @ApiProperty() title: string;
  @ApiProperty({ type: 'integer' }) status: number;
  @ApiProperty({ type: String, example: 'out_of_stock' }) code: ProblemCode;
  @ApiProperty({ required: false }) detail?: string;
  @ApiProperty() traceId: string;
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    selfRequired: false,
    description: 'Facts, as JSON values',
  })
  data?: object;
}

export const problemMediaType = 'application/problem+json';
