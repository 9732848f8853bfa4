import { applyDecorators, Header, SetMetadata } from '@nestjs/common';

export const cachedKey = 'api:cached';

/** May be kept by everybody, who asks again with its ETag. */
export const forAll = 'public, no-cache';

/**
 * The answer of this query is the same for everybody: whoever has it may keep it, and so does the API where it is told to. Only for public handlers.
 *
 * @param modules whose answers it is made of
 * @example @Get() @Public() @Cached('inventory') list() { … }
 */
export const Cached = (...modules: string[]): MethodDecorator =>
  applyDecorators(SetMetadata(cachedKey, modules), Header('Cache-Control', forAll));
