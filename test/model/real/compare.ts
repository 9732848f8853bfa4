import type { Rules } from '../rules.js';
import { answers, at, sides, type Batch as ModelBatch, type Side, type State } from '../state.js';
import type { Driver } from './drive.js';
import { keys, keysOf } from './keys.js';
import type { Leaps } from './leaps.js';
import { both, compareStarts, statementOf, type Look } from './look.js';
import { stateOf } from './real-client.js';

/** What differs between a state of the model and two real databases, with what is on its way between them. */
export class Comparison {
  readonly found: string[] = [];
  /** Starts of the model are names: each is one real start. */
  readonly startOf = new Map<number, string>();

  constructor(
    private readonly state: State,
    private readonly driver: Driver,
    private readonly rules: Rules,
  ) {}

  all(looks: readonly [Look, Look]): this {
    for (const side of sides) {
      this.database(side, looks[side]);
      this.leader(side);
    }
    this.messages();
    this.writes();
    return this;
  }

  /** Only what is promised: who takes writes, what is there, what clients were told. */
  promises(looks: readonly [Look, Look]): this {
    this.all(looks);
    const wanted = /^[ME]\.(accepts|rows|standing|below|fence)\b|^write/;
    this.found.splice(0, this.found.length, ...this.found.filter((text) => wanted.test(text)));
    return this;
  }

  private get leaps(): Leaps {
    return this.driver.sides.leaps;
  }

  private expect(what: string, model: unknown, real: unknown): void {
    if (model !== real) this.found.push(`${what}: ${String(model)} in the model, ${String(real)} here`);
  }

  private start(what: string, model: number, real: string | null): void {
    if (model === 0 || real === null) return this.expect(what, model === 0 ? null : model, real);
    const former = this.startOf.get(model);
    if (former === undefined && ![...this.startOf.values()].includes(real)) this.startOf.set(model, real);
    else this.expect(what, former ?? 'another start', real);
  }

  private database(side: Side, look: Look): void {
    compareStarts(this.state, side, look, (what, model, real) => this.start(`${side}.${what}`, model, real));
    const [model, real] = both(this.state, side, look, {
      leaps: this.leaps,
      rules: this.rules,
    });
    for (const what of Object.keys(model)) this.expect(`${'ME'[side]}.${what}`, model[what], real[what]);
  }

  private leader(side: Side): void {
    const leader = this.state.leaders[side];
    const his = this.driver.relays.leaders[side];
    const name = 'ME'[side];
    this.expect(`${name} leads`, leader !== null, his !== null);
    if (!leader || !his) return;
    this.start(`start of the leader of ${name}`, leader.start, his.start);
    this.expect(`term of the leader of ${name}`, leader.term, this.leaps.terms[side].toModel(his.own.term));
    this.expect(`life of the leader of ${name}`, leader.life, this.leaps.lives[side].toModel(his.own.life));
    this.expect(`seq of the leader of ${name}`, leader.seq, his.seq);
    const places = {
      after: leader.after,
      unconfirmed: leader.unconfirmed?.position,
      inFlight: leader.inFlight?.position,
    };
    for (const what of ['after', 'unconfirmed', 'inFlight'] as const)
      this.expect(
        `${what} of the leader of ${name}`,
        places[what] ?? 0,
        this.leaps.position(side, his[what]),
      );
  }

  private messages(): void {
    const { state } = this;
    const { messages } = this.driver;
    for (const batch of state.batches) {
      this.meet(batch.start, batch, messages.batches);
      this.batch(batch);
    }
    for (const { to, start, position, answer } of state.replies) {
      this.meet(start, { from: to, position }, messages.replies);
      const outcome =
        messages.find(messages.replies, { from: to, start, position }, this.startOf)?.reply?.outcome ??
        'none';
      const told = ['stored', 'stale', 'behind', 'none'].includes(outcome) ? outcome : 'retry';
      this.expect(`answer to ${position} of ${'ME'[to]}`, answers[answer], told);
    }
  }

  private writes(): void {
    this.state.writes.forEach(({ state }, index) =>
      this.expect(`write ${index}`, state, stateOf(this.driver.writes[index])),
    );
  }

  /** A start that nobody knows any more, but for a message. */
  private meet(
    start: number,
    of: { from: number; position: number },
    among: readonly { from: Side; position: number; start: string }[],
  ): void {
    if (this.startOf.has(start)) return;
    const known = [...this.startOf.values()];
    const found = among.find(
      (one) =>
        one.from === of.from &&
        this.leaps.position(one.from, one.position) === of.position &&
        !known.includes(one.start),
    );
    this.start('start of a message', start, found?.start ?? null);
  }

  private batch(batch: ModelBatch): void {
    const message = this.driver.messages.find(this.driver.messages.batches, batch, this.startOf);
    const from = batch.from as Side;
    const name = `batch ${batch.position} of ${'ME'[from]}`;
    if (!message) return this.expect(name, 'on its way', 'nowhere');
    const { origin, after, ids, parts } = message.batch;
    const place = (of: { term: number; seq: number } | null): number =>
      this.leaps.position(from, of ? at(of.term, of.seq) : 0);
    this.expect(`life of ${name}`, batch.life, this.leaps.lives[from].toModel(origin.life));
    this.expect(`after of ${name}`, batch.after, place(after));
    this.expect(`confirmed of ${name}`, batch.confirmed, place(origin.confirmed));
    this.expect(`complete of ${name}`, batch.complete === 1, origin.complete);
    // One by one: what was set aside and is sent again is a part of its own, whose rows need not be.
    const sent = batch.parts.flatMap(({ id, keys: mask }) => keysOf(mask).map(() => id));
    this.expect(`statements of ${name}`, sent.sort().join(), ids.map(statementOf).sort().join());
    const rows = parts
      .filter(({ kind }) => kind === 'rows' || kind === 'chunk')
      .flatMap(({ text }) => JSON.parse(text) as { code: string; seen: string }[]);
    const images = keys.map((key) => rows.find(({ code }) => code === key)?.seen ?? '-1');
    this.expect(`rows of ${name}`, batch.images.join(), images.join());
  }
}
