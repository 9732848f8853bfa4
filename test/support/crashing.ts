import { boundary } from '#strangler/calls/sagas/boundary';

/**
 * Runs one of our programs (first argument) so that it dies at a boundary of a saga, as by `kill -9`:
 * `CRASH_AT=place:inventory.reserve:before`.
 */
const [entry, ...args] = process.argv.slice(2);
process.argv.splice(2, Infinity, ...args);

boundary.reached = (saga, step, moment) => {
  if (`${saga}:${step}:${moment}` === process.env.CRASH_AT) process.kill(process.pid, 'SIGKILL');
};

await import(new URL(`../../${entry}`, import.meta.url).href);
