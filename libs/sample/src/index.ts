export { accountOf, type Account, type AccountTotals } from './account/account.js';
export { type BookUrls } from './account/books.js';
export { type Expectations, type Violation } from './account/violations.js';
export { type SampleUser } from './file/customers.js';
export { readSample, type Sample, type SampleInvoice, type SampleReport } from './file/sample.js';
export { type InvoiceFate, type LineFate } from './file/sales.js';
export { adminLogin, ensureAdmin, type AdminAccount, type AdminSource } from './load/admin.js';
export {
  loadSample,
  sampleModules,
  type LoadOptions,
  type LoadProgress,
  type LoadResult,
  type SampleModule,
  type SamplePorts,
} from './load/load-sample.js';
export { readSamplePassword, samplePasswordFile } from './load/password.js';
export { SampleError } from './sample-error.js';
