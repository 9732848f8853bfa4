import * as nest from '@nestjs/common';
import { Codec, type DataClass } from '../../contract/codec.js';
import { DomainError, isDomainError } from '../../contract/errors.js';
import { thrownCode, type ServiceContract } from '../../contract/service-contract.js';

/** All exceptions of HTTP that Nest has. */
const exceptions: readonly DataClass[] = Object.values(nest as Record<string, unknown>).filter(
  (each): each is DataClass =>
    typeof each === 'function' &&
    (each === nest.HttpException || each.prototype instanceof nest.HttpException),
);

const codecs = new WeakMap<ServiceContract, Codec>();

/** The contract's codec, and Nest's exceptions. */
function codecOf(contract: ServiceContract): Codec {
  let codec = codecs.get(contract);
  if (!codec)
    codecs.set(contract, (codec = new Codec([...new Set([...contract.codec.classes, ...exceptions])])));
  return codec;
}

/**
 * What a service has thrown, as callers may see it: an exception of HTTP or an error of a class that the contract names crosses as what it is.
 * Anything else stays as it is, and nobody outside sees more than that it happened.
 */
export function toDomainError(error: unknown, contract: ServiceContract): unknown {
  if (isDomainError(error) || !(error instanceof Error)) return error;
  const codec = codecOf(contract);
  const known = codec.knows(error) ? error : asException(error);
  if (!known) return error;
  try {
    return new DomainError(
      thrownCode,
      { error: JSON.stringify(codec.encode(known, error.name)) },
      error.message,
    );
  } catch {
    return error;
  }
}

/** What the service has thrown, from what came of it. */
export function fromDomainError(error: unknown, contract: ServiceContract): unknown {
  if (!isDomainError(error) || error.code !== thrownCode) return error;
  return codecOf(contract).decode(JSON.parse(String(error.data['error'])));
}

/** An exception of a class of the application, as the nearest of Nest's. */
function asException(error: Error): Error | undefined {
  if (!(error instanceof nest.HttpException)) return undefined;
  let prototype = Object.getPrototypeOf(error) as object;
  while (!exceptions.some((each) => each.prototype === prototype))
    prototype = Object.getPrototypeOf(prototype) as object;
  const nearest = Object.create(prototype) as Error;
  return Object.assign(nearest, error, { message: error.message });
}
