import { loadPackageDefinition, type Client, type ServiceClientConstructor } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { projectRoot } from '#platform';
import { join } from 'node:path';
import type { QuoteAnswer, QuoteRequest } from './contract.js';

export type GrpcRequest = QuoteRequest;
export type GrpcAnswer = QuoteAnswer;
export type GrpcQuotes = Client & {
  quote(request: GrpcRequest, done: (error: Error | null, answer: GrpcAnswer) => void): void;
};

/** The peer's service definition. */
export function grpcQuotes(): ServiceClientConstructor {
  const definition = loadSync(join(projectRoot(), 'bench/rpc/quote.proto'));
  const loaded = loadPackageDefinition(definition)['quotes'] as Record<string, ServiceClientConstructor>;
  return loaded['Quotes'] as ServiceClientConstructor;
}
