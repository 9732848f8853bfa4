import { StartError } from '#platform';
import { tokenOf, type Sessions } from './sessions.js';

/**
 * Logs the first customer in before anything is sent: what would fail for all 1,608 orders is said once. A shop of which
 * only a part is away is there: its orders are tried again. @throws {StartError}
 */
export async function findShop(
  sessions: Sessions,
  email: string,
  url: string,
  passwordFile: string,
): Promise<void> {
  const answer = await sessions.logIn(email);
  const { status, code } = answer;
  if (tokenOf(answer) !== undefined || status >= 500) return;
  if (status === 0) {
    throw new StartError(
      `no shop answers at ${url} (${code}): start one with "npm start", or name yours with --url`,
    );
  }
  if (status === 401) {
    throw new StartError(
      `the shop at ${url} does not know ${email} by the password in ${passwordFile}: ` +
        `is it still loading the sample, or is that the file of another shop (DATA_DIR)?`,
    );
  }
  throw new StartError(`what answers at ${url} is not this shop: POST /api/v1/auth/token gave ${status}`);
}
