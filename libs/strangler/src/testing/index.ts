export { fakeOf, type Answers, type Fake, type FakeCall } from './fake.js';
export { serveFakes, type ServedFakes, type ServeFakesOptions } from './serve-fakes.js';
export { natsInProcess, type NatsInProcess } from './nats-in-process.js';
export { runners, twice, type Runner, type RunningModule } from './runners.js';
export { twoSides, type TwoSides, type TwoSidesOptions } from './two-sides.js';
