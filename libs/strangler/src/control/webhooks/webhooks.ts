import { Logger } from '@nestjs/common';
import type { Database } from '../../database/database.js';
import { RefusedError } from '../terms/refused.js';
import type { Finding, ResendAnswer, WebhookView } from '../terms/views.js';
import type { WebhookOptions } from './webhook-options.js';
import { WebhookStore, type WebhookRow } from './webhook-store.js';
import { resendPlan, webhookFindings, webhookView } from './webhook-views.js';

/** What operators see of receivers, and ask for. Any process may be asked. */
export class Webhooks {
  private readonly logger = new Logger('webhooks');
  private readonly store: WebhookStore;

  /** `named`: in the settings of this process. */
  constructor(
    database: Database,
    private readonly named: readonly WebhookOptions[],
  ) {
    this.store = new WebhookStore(database);
  }

  async list(): Promise<WebhookView[]> {
    const rows = await this.store.rows();
    return rows.map((row) =>
      webhookView(
        row,
        this.named.find(({ name }) => name === row.name),
      ),
    );
  }

  async findings(cli: string): Promise<Finding[]> {
    return webhookFindings(await this.store.rows(), cli);
  }

  /** @throws {RefusedError} */
  async resend(name: string, { actor, dryRun }: { actor: string; dryRun: boolean }): Promise<ResendAnswer> {
    const found = resendPlan(await this.row(name));
    const answer: ResendAnswer = { webhook: name, verb: 'resend', dryRun, ...found };
    if (dryRun) return answer;
    if (found.refusal !== undefined) throw new RefusedError(found.refusal);
    await this.store.resend(name);
    this.logger.log({ msg: `${name}: ${['resend', ...found.plan].join('; ')}`, webhook: name, actor });
    return answer;
  }

  private async row(name: string): Promise<WebhookRow> {
    const row = (await this.store.rows()).find((each) => each.name === name);
    if (!row) throw new RefusedError(`there is no webhook ${name}`);
    return row;
  }
}
