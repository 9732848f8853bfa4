import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
import { isDomainError } from 'nestjs-strangler/contract';
import { html, page } from '../src/pages.js';

/** What the codes of contracts are over HTTP. */
const statuses: Readonly<Record<string, number>> = {
  validation_failed: 400,
  forbidden: 403,
  not_found: 404,
  unavailable: 503,
};

/** Errors as the site has them: pages for who reads, JSON for who writes. */
@Catch()
export class ErrorPages implements ExceptionFilter<Error> {
  catch(error: Error & { status?: number }, host: ArgumentsHost): void {
    const req = host.switchToHttp().getRequest<Request>();
    const res = host.switchToHttp().getResponse<Response>();
    const status = (isDomainError(error) ? statuses[error.code] : error.status) ?? 500;
    if (status >= 500) console.error(error);
    if (res.headersSent) return void res.destroy();
    const text = status < 500 ? error.message : 'Something went wrong.';
    if (req.method === 'POST') res.status(status).json({ error: text });
    else if (status === 404) res.status(404).send(page('Not found', html`<p>There is no such page.</p>`));
    else res.status(status).send(page('Sorry', html`<p>${text}</p>`));
  }
}
