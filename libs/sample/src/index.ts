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
export { Courier } from './replay/courier.js';
export { findShop } from './replay/find-shop.js';
export { type Answer, type DeclaredOutcome, type Outcome } from './replay/outcome.js';
export { Pace } from './replay/pace.js';
export { latenciesOf, type Latencies } from './replay/percentiles.js';
export { replay } from './replay/replay.js';
export { Sessions, tokenOf } from './replay/sessions.js';
export { ShopClient, type Item } from './replay/shop-client.js';
export { sleepUnless, stopOnSignal } from './replay/stop.js';
export { sum, Tally } from './replay/tally.js';
export { SampleError } from './sample-error.js';
