import { Inject } from '@nestjs/common';
import type { Contract } from '../contract/contract.js';

/** The injection token of a contract's port. */
export const portToken = (contract: Contract): string => `Port(${contract.name})`;

/** Injects the port of a contract: `@InjectPort(inventory) private readonly stock: Port<typeof inventory>`. */
export const InjectPort = (contract: Contract): ParameterDecorator & PropertyDecorator =>
  Inject(portToken(contract));
