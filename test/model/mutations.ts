import type { Rule } from './rules.js';

/** Where taking a rule out is found, and what it breaks; `null`: no counterexample is known (ADR 0024 says why it is kept). */
export interface Mutation {
  at: string;
  breaks: 'I1' | 'I2' | 'I4' | 'I5';
  /** So small that it runs in every `npm test`. */
  quick: boolean;
}

export const mutations: Record<Rule, Mutation | null> = {
  identity: { at: 'F1', breaks: 'I2', quick: true },
  restartProof: { at: 'T2', breaks: 'I2', quick: true },
  senderCheck: { at: 'T2', breaks: 'I2', quick: true },
  tailKept: { at: 'T2', breaks: 'I2', quick: true },
  receiverCheck: { at: 'C1', breaks: 'I2', quick: false },
  olderPeer: { at: 'G1', breaks: 'I5', quick: true },
  takesAbove: { at: 'X6', breaks: 'I5', quick: false },
  claims: { at: 'G1', breaks: 'I5', quick: true },
  lostOwn: { at: 'P4', breaks: 'I4', quick: true },
  unpairedProof: { at: 'E1', breaks: 'I2', quick: true },
  startStamp: { at: 'T2', breaks: 'I2', quick: true },
  after: { at: 'P7', breaks: 'I2', quick: false },
  afterIsAnswered: { at: 'P4', breaks: 'I2', quick: true },
  lives: { at: 'P4', breaks: 'I2', quick: true },
  derivedBuckets: { at: 'F3', breaks: 'I2', quick: true },
  confirmByTerm: { at: 'A2', breaks: 'I4', quick: true },
  pollByStart: { at: 'T2', breaks: 'I2', quick: true },
  replyByStart: { at: 'W5', breaks: 'I2', quick: true },
  ackByPart: { at: 'S3', breaks: 'I2', quick: true },
  commandByStart: { at: 'B1', breaks: 'I1', quick: true },
  ownAfter: { at: 'P4', breaks: 'I2', quick: true },
  drainOverlap: { at: 'S1', breaks: 'I4', quick: false },
  parkedHolds: { at: 'S1', breaks: 'I4', quick: true },
  proofReadsReport: { at: 'S4', breaks: 'I5', quick: true },
  planLife: { at: 'P7', breaks: 'I2', quick: false },
  releaseByStart: { at: 'P4', breaks: 'I4', quick: true },
  settleReads: { at: 'P4', breaks: 'I4', quick: true },
  incomplete: { at: 'C2', breaks: 'I2', quick: false },
  dropRows: { at: 'S3', breaks: 'I4', quick: false },
  reported: { at: 'S5', breaks: 'I2', quick: true },
  wholeOrFilled: { at: 'X9', breaks: 'I4', quick: false },
  challenge: { at: 'L1', breaks: 'I2', quick: false },
  freshAnswer: { at: 'J1', breaks: 'I4', quick: false },
  twoSteps: { at: 'X10', breaks: 'I4', quick: false },
  rejoinComplete: { at: 'E1', breaks: 'I2', quick: true },
  higherEpoch: null,
  alignRefuses: null,
  unprovenRefuses: null,
  pruneByConfirmed: { at: 'S4', breaks: 'I5', quick: true },
  degradedHolds: null,
  waitersBySession: { at: 'M1', breaks: 'I2', quick: true },
  witnessFirst: { at: 'W1', breaks: 'I2', quick: true },
  witnessByStart: { at: 'W1', breaks: 'I2', quick: true },
  witnessOwesHello: { at: 'W1', breaks: 'I4', quick: false },
  witnessOfProven: { at: 'W7', breaks: 'I2', quick: true },
  commandByPeer: { at: 'W2', breaks: 'I4', quick: false },
  witnessOutside: { at: 'W1', breaks: 'I2', quick: true },
  witnessSawAll: { at: 'W6', breaks: 'I1', quick: false },
  witnessSpent: { at: 'W7', breaks: 'I2', quick: false },
  failoverTakesWitness: { at: 'W4', breaks: 'I1', quick: true },
};
