export {
  callDue,
  contract,
  type Api,
  type CallDue,
  type CodeOf,
  type Contract,
  type Handlers,
  type InputOf,
  type NamesOf,
  type OutputOf,
  type Ownership,
} from './contract.js';
export { command, process, query, self, type Operation, type Self, type Who } from './operation-kinds.js';
export { type Dto } from './dto.js';
export { event, type EventType } from './event.js';
export {
  CommandUndoneError,
  DomainError,
  ForbiddenError,
  internalCodes,
  isDomainError,
  OutcomeUnknownError,
  transportCodes,
  ShedError,
  UnavailableError,
  ValidationError,
  type DomainErrorData,
  type FieldError,
  type TransportCode,
} from './errors.js';
export { applyDecorators } from './apply-decorators.js';
export {
  Amount,
  Canonical,
  Count,
  Currency,
  Email,
  Id,
  List,
  Masked,
  Maybe,
  Nested,
  nestedOf,
  Secret,
} from './fields.js';
export { Schema } from './schema.js';
export {
  CommandOperation,
  Internal,
  QueryOperation,
  type CommandMethod,
  type QueryMethod,
} from './service-decorators.js';
export { subscription } from './subscription.js';
export { serviceContract, type ServiceContract, type ServiceContractOptions } from './service-contract.js';
