import { startProgram, type Program } from './programs.js';
import type { ShopSetup } from './shop.js';

/** What `npm run replay -- --json` prints, as far as tests read it. */
export interface ReplayAccount {
  outcomes: Record<string, number>;
  /** Counts by code. */
  serverErrors: Record<string, number>;
}

/** Starts a replay of the first `limit` sale invoices. */
export const startReplay = ({ env }: ShopSetup, url: string, limit: number, more: string[] = []): Program =>
  startProgram('apps/replay/src/main.js', ['--url', url, '--limit', String(limit), '--json', ...more], env);

/** Waits for the end of a replay. @throws unless it ended well. */
export async function replayed(program: Program): Promise<ReplayAccount> {
  const code = await program.ended();
  const text = program.output();
  if (code !== 0) throw new Error(`the replay ended with ${code}:\n${text}`);
  return JSON.parse(text.slice(text.indexOf('{'))) as ReplayAccount;
}
