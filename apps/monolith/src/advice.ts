import type { Advice } from 'nestjs-strangler';

/** How an operator of this shop types what a sentence advises. */
export const advice: Advice = {
  cli: 'npm run -s strangler --',
  start: (module) => `npm run start:extracted -- ${module}`,
  nats: 'start NATS, or name a server that runs, and a user of this NAMESPACE, in NATS_URL',
};
