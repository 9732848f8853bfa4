import { Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../../database/database.js';
import { History } from '../store/history.js';
import { LeaderLock } from '../store/leader-lock.js';
import { callWebhook, type CallEnd } from './webhook-call.js';
import { webhookMessage } from './webhook-message.js';
import { settingsHash, type WebhookOptions } from './webhook-options.js';
import { WebhookStore } from './webhook-store.js';
import { afterTry, standardWaitsMs } from './webhook-tries.js';

/** How the sender goes on; tests do not wait for days. */
export interface SenderPace {
  /** How often it is looked for what is due, in ms. */
  lookMs: number;
  /** How often it is said that the settings name a receiver, in ms. */
  nameMs: number;
  /** How long a receiver has for its answer, in ms. */
  timeoutMs: number;
  /** As with {@link afterTry}. */
  waitsMs: readonly number[];
  /** Who stops waits so long for the answer to what it has sent, in ms. */
  stopMs: number;
}

const usualPace: SenderPace = {
  ...{ lookMs: 1_000, nameMs: 60_000, timeoutMs: 10_000, stopMs: 2_000 },
  waitsMs: standardWaitsMs,
};

/**
 * Sends entries of the history to receivers, to each in the order of the entries, one at a time. Of all processes one sends to a receiver: the
 * one that holds its lock. Two at a time would do no harm but to send twice, under one id.
 */
export class WebhookSender {
  private readonly logger = new Logger('webhooks');
  private readonly store: WebhookStore;
  private readonly history: History;
  private readonly leadership: LeaderLock;
  private readonly pace: SenderPace;
  private readonly stopping = new AbortController();
  /** Breaks off what is being sent. */
  private readonly breaking = new AbortController();
  private running: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly webhooks: readonly WebhookOptions[],
    database: Database,
    pace: Partial<SenderPace> = {},
  ) {
    this.store = new WebhookStore(database);
    this.history = new History(database);
    this.leadership = new LeaderLock(database, 'strangler.webhook_lock()');
    this.pace = { ...usualPace, ...pace };
  }

  start(): void {
    this.running = Promise.all([this.nameUntilStopped(), ...this.webhooks.map((each) => this.send(each))]);
  }

  /** Resolves when nothing is being sent any more. What got no answer is sent again by whoever comes next. */
  async stop(): Promise<void> {
    this.stopping.abort();
    const late = setTimeout(() => this.breaking.abort(), this.pace.stopMs);
    await this.running;
    clearTimeout(late);
    await this.leadership.close();
  }

  private async nameUntilStopped(): Promise<void> {
    let unknown: readonly string[] = this.webhooks.map(({ name }) => name);
    await this.repeat(this.pace.nameMs, async () => {
      await this.store.name(this.webhooks.filter(({ name }) => unknown.includes(name)));
      unknown = await this.store.nameAgain(this.webhooks.map(({ name }) => name));
      const waited = await this.store.forget();
      if (waited > 0) this.logger.warn(`entries that were pruned, or whose receiver is no more: ${waited}`);
      return false;
    });
  }

  private send(webhook: WebhookOptions): Promise<void> {
    return this.repeat(this.pace.lookMs, () => this.sendNext(webhook));
  }

  /** Whether there may be more to do at once. */
  private async sendNext(webhook: WebhookOptions): Promise<boolean> {
    const { name } = webhook;
    const settings = settingsHash(webhook);
    if (!(await this.leadership.leads(name))) return false;
    await this.store.reopen(name, settings);
    const due = await this.store.due(name, settings);
    const entry = due && (await this.history.entry(due.entry));
    if (!due || !entry) return false;
    const { timeoutMs, waitsMs } = this.pace;
    const limits = { timeoutMs, signal: this.breaking.signal };
    const end = await callWebhook(webhook, due.id, webhookMessage(entry), limits);
    if (end.kind === 'delivered') await this.store.delivered(name, due);
    if (end.kind === 'gone') await this.store.gone(name, settings, end.problem);
    if (end.kind === 'failed') {
      const { failingMs } = due;
      const tried = { tries: due.tries + 1, failingMs, retryAfterMs: end.retryAfterMs };
      const after = afterTry(tried, Math.random(), waitsMs);
      await this.store.failed(name, due, end.problem, after);
    }
    this.say(name, due.entry, due.failingMs, end);
    return true;
  }

  private say(name: string, entry: number, failingMs: number, end: CallEnd): void {
    if (end.kind === 'failed' || end.kind === 'gone')
      this.logger.warn({ msg: `${name} has not taken entry ${entry}: ${end.problem}`, webhook: name, entry });
    if (end.kind === 'delivered' && failingMs > 0)
      this.logger.log({ msg: `${name} takes entries again`, webhook: name, entry });
  }

  private async repeat(ms: number, work: () => Promise<boolean>): Promise<void> {
    const { signal } = this.stopping;
    let said: string | undefined;
    while (!signal.aborted) {
      let again = false;
      try {
        again = await work();
        said = undefined;
      } catch (error) {
        if (String(error) !== said) this.logger.warn(`sends nothing: ${String(error)}`);
        said = String(error);
      }
      if (!again) await sleep(ms, undefined, { signal }).catch(() => undefined);
    }
  }
}
