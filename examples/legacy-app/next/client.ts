import type { RequestHandler } from 'express';
import { randomUUID } from 'node:crypto';
import { withContext, type CallContext } from 'nestjs-strangler';

/** Modules are asked on behalf of whoever has logged in, and the answer says which of them worked on it. */
export const asClient: RequestHandler = (req, res, next) => {
  const { account: id } = req.session;
  const context: CallContext = {
    requestId: req.get('x-request-id') ?? randomUUID(),
    caller: { program: 'site', as: 'client', actor: id ? { id, role: 'customer', version: 0 } : undefined },
    servedBy: new Map(),
  };
  const writeHead = res.writeHead.bind(res);
  res.writeHead = ((...args: Parameters<typeof writeHead>) => {
    const sides = [...context.servedBy].map(([module, side]) => `${module}=${side}`);
    if (sides.length > 0) res.setHeader('X-Served-By', sides.join(', '));
    return writeHead(...args);
  }) as typeof writeHead;
  withContext(context, () => next());
};
