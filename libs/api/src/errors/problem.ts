import { ApiProperty } from '@nestjs/swagger';
import type { FieldError } from 'nestjs-strangler/contract';
import type { ProblemCode } from './problems.js';

/** What is wrong with one field, in the document. */
class ProblemOfField implements FieldError {
  @ApiProperty({ format: 'json-pointer', example: '/items/0/sku' }) pointer: string;
  @ApiProperty({ example: 'sku must be 1 to 32 letters, digits or dashes' }) message: string;
}

/** An error as callers see it: RFC 9457, with the code for programs and the id to quote when asking for help. */
export class Problem {
  @ApiProperty({ format: 'uri-reference', example: '/problems/out_of_stock' }) type: string;
  @ApiProperty() title: string;
  @ApiProperty({ type: 'integer' }) status: number;
  @ApiProperty({ type: String, example: 'out_of_stock' }) code: ProblemCode;
  @ApiProperty({ required: false }) detail?: string;
  @ApiProperty() traceId: string;
  @ApiProperty({
    type: [ProblemOfField],
    required: false,
    maxItems: 20,
    description:
      'Of `validation_failed`: the fields, as JSON Pointers (RFC 6901) into the body, or into the parameters of path or query',
  })
  errors?: readonly FieldError[];
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    selfRequired: false,
    description: 'Facts, as JSON values',
  })
  data?: object;
}

export const problemMediaType = 'application/problem+json';
