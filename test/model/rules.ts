/** The rules of the protocol, each with what it says. Taking one out is a mutation, of the model and of the SQL. */
export const rules = {
  identity: 'A batch, a heartbeat and an answer name their database; a foreign one is refused.',
  restartProof: 'A side takes no write before this start of its server is proven.',
  senderCheck: 'The proof compares what the peer has received with what is in the outbox.',
  tailKept: 'The receiver keeps the ids of every batch above the confirmed position.',
  receiverCheck: 'The proof compares what the peer has confirmed with what was applied here.',
  olderPeer: 'A peer in an older life than mine sends what was given up: it proves nothing against me.',
  takesAbove: 'Who takes over by `failover` sends, and expects, lives that nothing of before can reach.',
  claims: 'The proof compares who claims which buckets at which epoch.',
  lostOwn: 'The peer says that I own, and I do not know it: rolled back.',
  unpairedProof: 'A database that was never paired asks who claims its module before it writes.',
  startStamp: 'A batch carries the start of its sender, and the receiver knows the proven one.',
  after: 'A batch names the one before; a receiver that lacks it answers `behind`.',
  afterIsAnswered: '`after` is the last batch that was answered, not the persisted position.',
  lives: 'Each filling of the copy is a life; positions of another life prove nothing.',
  derivedBuckets: 'The receiver derives the buckets of a batch from its rows, and refuses what it owns.',
  confirmByTerm: 'Only the current term deletes from the outbox.',
  pollByStart: 'An absent outbox row counts as stored only on the start on which it was written.',
  replyByStart: 'A reply acknowledges only waiters of its own start.',
  ackByPart: 'A reply acknowledges the parts of a statement that its batch carried, not the statement.',
  commandByStart: 'A command names the starts that its plan was made with.',
  ownAfter: '`own` is refused when the copy lacks what its former owner confirmed.',
  drainOverlap: 'Draining waits for every statement that touches a moving bucket.',
  parkedHolds: 'A parked row of a moving bucket is not drained.',
  proofReadsReport: 'The proof looks into the report, too: a row that was given up here was not lost.',
  planLife: 'The plan names the life, and `drained` answers for that life only.',
  releaseByStart: '`release` names the start at which the new owner was seen to own.',
  settleReads: '`settle` reads where both sides stand, whatever their epochs.',
  incomplete: 'A rolled-back side that owns nothing counts as an incomplete copy, to be filled anew.',
  dropRows: 'Who gives way forgets its outbox rows of those buckets; they are a report.',
  reported: 'A waiter looks into the report too: a row that was given up is not stored.',
  wholeOrFilled: 'Who gives way without having been drained, or fails a check, is filled anew.',
  challenge: 'A hello carries a number that was asked for, good once.',
  freshAnswer: 'An answer to a hello is void once the peer has restarted and said hello itself.',
  twoSteps: '`rejoin` marks the rolled-back side until it has seen the other own.',
  rejoinComplete: '`rejoin` makes only a complete copy the owner.',
  higherEpoch: 'A proof ends at the higher epoch of both.',
  alignRefuses: 'Pairing refuses a peer that owns, captures, or is at a higher epoch.',
  unprovenRefuses: 'An unproven side stores no batch.',
  pruneByConfirmed: 'Ids are forgotten up to the confirmed position, not up to `after`.',
  degradedHolds: 'A degraded module begins no hand-off.',
  waitersBySession: 'A lost connection ends the waiters of its process: their outcome is unknown.',
  witnessFirst: 'A witness is synced before what it records is relied on.',
  witnessByStart:
    'A witness serves one start: proving a later one by it closes it for answers of the earlier.',
  witnessOwesHello: 'Who was proven by a witness still says hello, until an answer was compared.',
  witnessOfProven: 'Only a side that is proven writes a witness when it stops.',
  commandByPeer: 'A hand-off asks for sides that were proven by their peers, not by a witness.',
  witnessOutside: 'A witness is not restored together with its database.',
  witnessSawAll: 'A witness that has seen one leadership only, or not every epoch, proves nothing.',
  witnessSpent: 'A witness of a clean stop is removed before the first write.',
  failoverTakesWitness: 'A failover removes the witness of the side that is given up.',
} as const;

export type Rule = keyof typeof rules;
export type Rules = Readonly<Record<Rule, boolean>>;
export const ruleNames = Object.keys(rules) as Rule[];

const every = (value: boolean): Rules =>
  Object.fromEntries(ruleNames.map((name) => [name, value])) as unknown as Rules;

/** The protocol as it is to become. */
export const final: Rules = every(true);

/** The protocol at 0.1.0, as far as the model tells them apart. */
export const today: Rules = {
  ...every(false),
  drainOverlap: true,
  parkedHolds: true,
  ackByPart: true,
  degradedHolds: true,
};

export const without = (...names: readonly Rule[]): Rules => ({
  ...final,
  ...Object.fromEntries(names.map((name) => [name, false])),
});
