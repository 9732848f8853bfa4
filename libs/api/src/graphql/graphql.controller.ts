import { Controller, Get, Inject, Post, Query, Req, Res, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Response } from 'express';
import { forAll } from '../cache/cached.js';
import { OptionalLogIn } from '../auth/access.js';
import type { SignedRequest } from '../auth/principal.js';
import { DashboardController } from '../dashboard.controller.js';
import { Loaders } from './loaders.js';
import { Modules } from './modules.js';
import type { Run } from './schema.js';
import type { GraphqlServer } from './server.js';

/** The token of the server behind {@link GraphqlController}. */
export const graphqlServerToken = Symbol('api:graphql');

/** `/graphql`: the modules' queries, and what leads from one answer to another, in one request. It only reads. */
@Controller({ path: 'graphql', version: VERSION_NEUTRAL })
@ApiExcludeController()
@OptionalLogIn()
export class GraphqlController {
  constructor(
    @Inject(graphqlServerToken) private readonly server: GraphqlServer,
    private readonly dashboard: DashboardController,
    private readonly modules: Modules,
  ) {}

  @Get()
  get(@Req() request: SignedRequest, @Res() response: Response, @Query() _query: object): Promise<void> {
    return this.answer(request, response);
  }

  @Post()
  post(@Req() request: SignedRequest, @Res() response: Response): Promise<void> {
    return this.answer(request, response);
  }

  private async answer(request: SignedRequest, response: Response): Promise<void> {
    const { method, originalUrl, headers, principal } = request;
    const run: Run = { begun: false, isForAll: true };
    const body: unknown = request.body;
    const asked = await this.server.fetch(
      `http://graphql${originalUrl}`,
      {
        method,
        headers: { accept: headers.accept ?? 'application/json', 'content-type': 'application/json' },
        ...(method === 'POST' && { body: JSON.stringify(body ?? null) }),
      },
      {
        ...{ modules: this.modules, loaders: new Loaders(this.modules), principal, run },
        dashboard: (who) => this.dashboard.get(who),
      },
    );
    // As REST has it: the same for everybody may be kept, and is asked for again with its ETag.
    if (method === 'GET' && run.begun && run.isForAll) response.setHeader('Cache-Control', forAll);
    const type = asked.headers.get('content-type') ?? 'application/json';
    if (isPage(type)) {
      response.setHeader('Content-Security-Policy', ofExplorer);
      return void response
        .status(200)
        .type(type)
        .send(await asked.text());
    }
    // A request that is refused as a whole is wrong, whatever form of answer it takes.
    response.status(asked.ok && !run.begun ? 400 : asked.status).type(type);
    response.send(await asked.text());
  }
}

/** The page that explores the schema, where a setting has it served: all of it is in the page itself. */
const isPage = (type: string): boolean => type.startsWith('text/html');

const ofExplorer =
  "default-src 'none'; script-src 'unsafe-inline' blob:; worker-src blob:; style-src 'unsafe-inline'; img-src data:; font-src data:; connect-src 'self'; frame-ancestors 'none'";
