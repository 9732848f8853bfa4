import {
  GraphQLError,
  NoSchemaIntrospectionCustomRule,
  parse,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLSchema,
} from 'graphql';
import { createYoga, type Plugin, type YogaServerInstance } from 'graphql-yoga';
import { currentContext } from 'nestjs-strangler';
import type { ProblemFilter } from '../errors/problem.filter.js';
import { refusal } from '../errors/problems.js';
import { most, tooMuch } from './limits.js';
import { persistedQueries } from './persisted.js';
import type { Asked } from './schema.js';

/** Where clients ask. */
const endpoint = '/graphql';

export interface GraphqlOptions {
  /** Whether the schema may be asked for, and a page is served that explores it (default false). */
  explorer?: boolean;
}

export type GraphqlServer = YogaServerInstance<Asked, object>;

/** Answers queries: what asks for too much, or is wrong, is refused before anything of it runs. */
export async function graphqlServer(
  schema: GraphQLSchema,
  filter: ProblemFilter,
  { explorer = false }: GraphqlOptions = {},
): Promise<GraphqlServer> {
  // Nine megabytes, which are read where they are wanted.
  const page = explorer ? await import('@graphql-yoga/render-graphiql') : undefined;
  return createYoga<Asked>({
    schema,
    graphqlEndpoint: endpoint,
    // It is told by problems and the log of requests, and looked at by the health port.
    ...{ logging: false, landingPage: false, healthCheckEndpoint: `${endpoint}/health` },
    // Of each its own: who may ask from where is the API's affair, and one request holds one query.
    ...{ cors: false, batching: false, multipart: false },
    ...(page && { renderGraphiQL: page.renderGraphiQL }),
    graphiql: explorer && {
      title: 'GraphQL',
      defaultQuery: '{ listProducts { items { sku description } } }',
    },
    maskedErrors: { maskError: (error) => shownError(error, filter) },
    plugins: [persistedQueries(), within(schema, explorer), ...(explorer ? [] : [withoutIntrospection])],
  });
}

/** Bounds what is parsed, validated and carried out. */
const within = (schema: GraphQLSchema, explorer: boolean): Plugin => ({
  onParse: ({ setParseFn }) =>
    setParseFn((source, options) =>
      parse(source as string, { ...(options as object), maxTokens: most.tokens }),
    ),
  onValidate: ({ params, setResult }) => {
    const problem = tooMuch(params.documentAST as DocumentNode, schema);
    if (problem !== undefined) setResult([refused(problem)]);
    return ({ result, setResult: tell }) =>
      tell(
        (result as readonly GraphQLError[]).map(({ message, nodes }) =>
          refused(explorer ? message : message.replace(guesses, ''), nodes),
        ),
      );
  },
  onExecute: ({ args, setResultAndStopExecution }) => {
    // Only now it is known how long the lists are to be.
    const { document, variableValues, contextValue } = args as ExecutionArgs;
    const problem = tooMuch(document, schema, variableValues ?? {});
    if (problem !== undefined) return setResultAndStopExecution({ errors: [refused(problem)] });
    const { run } = contextValue as Asked;
    run.begun = true;
    return {
      onExecuteDone: ({ result }) => {
        if ((result as ExecutionResult).errors) run.isForAll = false;
      },
    };
  },
});

/** What a wrong name was perhaps meant to be: who may not ask for the schema would learn it name by name. */
const guesses = / Did you mean .*\?$/;

const withoutIntrospection: Plugin = {
  onValidate: ({ addValidationRule }) => addValidationRule(NoSchemaIntrospectionCustomRule),
};

const refused = (why: string, nodes?: GraphQLError['nodes']) =>
  new GraphQLError(why, {
    nodes,
    extensions: { code: 'validation_failed', traceId: currentContext()?.requestId ?? '-' },
  });

/** An error with the code that REST has for it. What nobody declares is for the log. */
function shownError(error: unknown, filter: ProblemFilter): Error {
  const {
    originalError = error,
    path,
    nodes,
    message,
    extensions,
  } = error instanceof GraphQLError ? error : ({} as Partial<GraphQLError>);
  if (extensions?.['code'] === 'PERSISTED_QUERY_NOT_FOUND') return error as GraphQLError;
  const cause =
    originalError instanceof GraphQLError || originalError === undefined
      ? refusal('validation_failed', message ?? 'not valid')
      : originalError;
  const { code, detail, title, traceId, data } = filter.problemFor(cause);
  return new GraphQLError(detail ?? title, {
    nodes,
    path,
    extensions: {
      code,
      traceId,
      ...(data && { data }),
    },
  });
}
