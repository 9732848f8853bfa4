import type { Rule } from '../rules.js';

/** A clause that is taken out: in the text of a function of the database, or of a source file of the toolkit. */
export type Edit = { from: string; to: string } & ({ function: string } | { file: string });

const inFunction =
  (name: string) =>
  (from: string, to: string): Edit => ({ function: name, from, to });
const inFile =
  (file: string) =>
  (from: string, to: string): Edit => ({ file: `libs/strangler/src/${file}.ts`, from, to });

const enter = inFunction('enter');
const isProven = inFunction('is_proven');
const beginBatch = inFunction('begin_batch');
const outboxHolds = inFunction('outbox_holds');
const conclude = inFile('engine/identity/conclude');
const store = inFile('engine/continuity/store');
const takeOver = inFile('engine/continuity/take-over');
const carryOut = inFile('engine/identity/conclusion-sql');
const witness = inFile('engine/identity/witness-file');
const ownership = inFile('engine/ownership/ownership');
const handOff = inFile('control/steps/hand-off');
const deliveries = inFile('engine/replication/deliveries');
const sender = inFile('engine/replication/batch-sender');
const confirm = inFile('engine/replication/confirm');
const ownerSteps = inFile('sides/owner-steps');

const drainedForALife = ownerSteps('$6 = r.life', 'true');
/** A giver that has begun another life fills its copy: behind its fence it gives nothing away before that is done. */
const fencedWhileCopying = ownerSteps(
  '(await backfillStates(database, this.name)).filter(({ done }) => !done)',
  '(await backfillStates(database, this.name)).filter(() => false)',
);
const ownsALife = ownership("a.life = ($5::json->>'life')::bigint", 'true');

/** What a rule is in the code: each of these is taken out, and a real acknowledged write is lost, or what else the model says. */
export const realMutations: Partial<Record<Rule, readonly Edit[]>> = {
  identity: [
    beginBatch('p_to is distinct from strangler.database_id() or p_from is distinct from o.peer', 'false'),
  ],
  restartProof: [
    enter('or (o.capture or o.asks) and o.proven_start is distinct from strangler.server_start()', ''),
    isProven('(o).proven_start IS DISTINCT FROM strangler.server_start()', 'false'),
  ],
  senderCheck: [conclude('const sender = senderHolds(mine, told, outbox.holds);', 'const sender = true;')],
  tailKept: [beginBatch('if cardinality(p_ids) > 0 then', 'if false then')],
  receiverCheck: [conclude('const receiver = receiverHolds(mine, told);', 'const receiver = true;')],
  olderPeer: [conclude('told.life < (mine.appliedLife ?? -1) ||', '')],
  takesAbove: [takeOver('if (rows[0]?.first) await leapAhead(q, module);', '')],
  claims: [conclude('if (mustGiveWay(mine, told)) return', 'if (mustGiveWay(mine, told) && false) return')],
  lostOwn: [conclude('if (forgotOwning(mine, told))', 'if (forgotOwning(mine, told) && false)')],
  unpairedProof: [enter('(o.capture or o.asks)', 'o.capture'), isProven('(o).asks', 'false')],
  startStamp: [beginBatch('if o.peer_start is distinct from p_start then', 'if false then')],
  after: [beginBatch('elsif (case when', 'elsif false and (case when')],
  afterIsAnswered: [
    sender('const { after, own } = this;', 'const { own } = this; const after = origin.confirmed;'),
  ],
  lives: [
    beginBatch('elsif (case when last.life is not distinct from p_life', 'elsif (case when true'),
    fencedWhileCopying,
    drainedForALife,
    ownsALife,
  ],
  derivedBuckets: [inFunction('require_not_owned')('strangler.owned_by(o, bucket)', 'false')],
  confirmByTerm: [
    confirm('where module = $1 and term = $3 for update', 'where module = $1 and $3::bigint > 0 for update'),
  ],
  pollByStart: [deliveries('start !== found[0]?.start || ', '')],
  ackByPart: [
    deliveries(
      'for (const id of waiter.left) if (told.recent.has(id)) waiter.left.delete(id);',
      'if ([...waiter.left].some((id) => told.recent.has(id))) waiter.left.clear();',
    ),
  ],
  commandByStart: [
    ownership(
      "and (not $6::boolean or proven_by = 'peer' and strangler.is_proven(o))",
      'and $6::boolean is not null',
    ),
    ownership(
      '($3::text is null or strangler.start_text(strangler.server_start()) = $3)',
      '($3::text is null or true)',
    ),
    ownership('($4::text is null or strangler.start_text(peer_start) = $4)', '($4::text is null or true)'),
  ],
  ownAfter: [ownership('and ($5::json is null or exists (', 'and ($5::json is null or true or exists (')],
  drainOverlap: [outboxHolds('from unnest(o.keys) key', 'from unnest(o.keys[1:1]) key')],
  parkedHolds: [
    outboxHolds('where o.module = p_module and', 'where o.parked is null and o.module = p_module and'),
  ],
  proofReadsReport: [
    carryOut(
      'select id::float8 from strangler.given_up where module = $1',
      'select id::float8 from strangler.given_up where false and module = $1',
    ),
  ],
  planLife: [fencedWhileCopying, drainedForALife, ownsALife],
  releaseByStart: [
    ownership(
      '`extracted_below = $8, ${unfenced}`, when, [extractedBelow]',
      '`extracted_below = $8, ${unfenced}`, { ...when, peerStart: undefined }, [extractedBelow]',
    ),
  ],
  settleReads: [
    handOff('sides[to].raise({ epoch: his.epoch, to: next })', 'sides[to].raise({ epoch, to: epoch + 2 })'),
  ],
  incomplete: [carryOut('if (incomplete)', 'if (incomplete && false)')],
  dropRows: [carryOut('if (givenUp) await', 'if (givenUp && false) await')],
  reported: [
    deliveries(
      'on g.module = $1 and g.id >= lower(asked)',
      'on false and g.module = $1 and g.id >= lower(asked)',
    ),
  ],
  wholeOrFilled: [
    conclude(
      "if (passed && fences(mine, twice) && !undelivered && mine.standing !== 'given up')",
      'if (passed)',
    ),
  ],
  challenge: [
    store('where module = $1 and hello_no = $2 and', 'where module = $1 and $2::bigint is not null and'),
  ],
  freshAnswer: [
    store('if (mine.peerStart !== asked.peerStart && mine.peerStart !== told.start) return null;', ''),
  ],
  rejoinComplete: [takeOver('and a.complete and a.life is not null', '')],
  pruneByConfirmed: [
    sender('seq, mode, origin, after, ids', 'seq, mode, origin: { ...origin, confirmed: after }, after, ids'),
  ],
  witnessFirst: [
    sender("if (reply.outcome === 'stored' && !this.isWritten(batch, seq)) return resolve(unwritten);", ''),
  ],
  witnessByStart: [witness('if (kept.before?.includes(start)) return false;', '')],
  commandByPeer: [
    ownership("proven_by = 'peer' and strangler.is_proven(o)", 'strangler.is_proven(o)'),
    handOff("standpoint.proven && standpoint.provenBy === 'peer'", 'standpoint.proven'),
  ],
};

/** Rules that no clause of the code is, each with the reason. */
export const notInTheCode: Partial<Record<Rule, string>> = {
  replyByStart: 'found only with a witness that is a process, which the toolkit has not',
  twoSteps: 'the order of two commands (control/rejoin-step.ts)',
  waitersBySession: 'a machine that resumes from its memory: guarantees.md',
  witnessOwesHello: 'who says hello when: a running agent (owesProof), and no single call',
  witnessOfProven: 'a witness that is written at a clean stop is not built',
  witnessSawAll: 'a witness that is a process is not built',
  witnessSpent: 'a witness that is written at a clean stop is not built',
  witnessOutside: 'where a file lies',
  failoverTakesWitness: 'what an operator vouches for with --i-have-fenced-it',
  higherEpoch: 'without a counterexample',
  alignRefuses: 'without a counterexample',
  unprovenRefuses: 'without a counterexample',
  degradedHolds: 'without a counterexample',
};
