import type { RequestHandler } from 'express';

/**
 * Middlewares as one. Express looks at the path again before each of its own, which takes longer than most of these do.
 *
 * @example app.use(inOrder(callContext, securityHeaders))
 */
export const inOrder =
  (...handlers: readonly RequestHandler[]): RequestHandler =>
  (request, response, next) => {
    const goOn = (index: number, error?: unknown): void => {
      const handler = handlers[index];
      if (error !== undefined || !handler) return next(error);
      try {
        void handler(request, response, (failure?: unknown) => goOn(index + 1, failure));
      } catch (thrown) {
        // Here and not in Express: what the handlers before have entered, as the request's context, is left by then.
        next(thrown);
      }
    };
    goOn(0);
  };
