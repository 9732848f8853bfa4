import {
  ArgumentsHost,
  Catch,
  ConflictException,
  ExceptionFilter,
  HttpException,
  HttpStatus,
  Logger,
} from '@nestjs/common';
import type { Request, Response } from 'express';
import { isUniqueViolation } from '../utils/database-errors';
import { FieldError } from '../utils/field-errors';

interface ErrorBody {
  statusCode: number;
  message: string | string[];
  errors?: FieldError[];
  path: string;
  requestId?: string;
  timestamp: string;
}

@Catch()
export class AllExceptionsFilter implements ExceptionFilter {
  private readonly logger = new Logger(AllExceptionsFilter.name);

  catch(exception: unknown, host: ArgumentsHost) {
    const http = host.switchToHttp();
    const request = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    const error = this.toHttpException(exception);
    const body: ErrorBody = {
      statusCode: error.getStatus(),
      ...this.describe(error),
      path: request.url,
      requestId: request.requestId,
      timestamp: new Date().toISOString(),
    };
    response.status(body.statusCode).json(body);
  }

  private toHttpException(exception: unknown): HttpException {
    if (exception instanceof HttpException) return exception;
    if (isUniqueViolation(exception)) return new ConflictException('The resource already exists');
    this.logger.error(exception instanceof Error ? exception.stack : exception);
    return new HttpException('Internal server error', HttpStatus.INTERNAL_SERVER_ERROR);
  }

  private describe(error: HttpException): Pick<ErrorBody, 'message' | 'errors'> {
    const response = error.getResponse();
    if (typeof response === 'string') return { message: response };
    const { message, errors } = response as { message?: string | string[]; errors?: FieldError[] };
    return { message: message ?? error.message, ...(errors && { errors }) };
  }
}
