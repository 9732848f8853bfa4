import { headers, NoRespondersError, RequestError, type NatsConnection } from '@nats-io/transport-node';
import type { Side } from '../routes/phase.js';
import type { NatsLink } from '../nats/link.js';
import { anyDatabase } from '../nats/subjects.js';
import { NobodyServesError, type Answer, type Peer } from '../engine/identity/peer.js';

/** How long a side waits for the connection, and for an answer to a question, in ms: a customer's write waits for it. */
const askMs = 1_000;
/** Who answers a question that is for nobody in particular answers within so many ms. */
const allMs = 250;
/** A message with this header is a question of the other side; else it is a batch. */
export const questionHeader = 'Question';

/** The other side of a module, over NATS. */
export function remotePeer(link: NatsLink, module: string, side: Side): Peer {
  const subjectOf = (to: string | null) =>
    link.subjects.replicate({ module, side, database: to ?? anyDatabase });
  const asking = () => {
    const told = headers();
    told.set(questionHeader, 'yes');
    return told;
  };
  const connected = async (): Promise<NatsConnection> => {
    const connection = await link.connected(askMs);
    if (!connection) throw new Error(link.trouble ?? 'there is no connection to NATS');
    return connection;
  };
  return {
    ask: async (question, to) => {
      const connection = await connected();
      const how = { timeout: askMs, headers: asking() };
      try {
        return (await connection.request(subjectOf(to), JSON.stringify(question), how)).json<Answer>();
      } catch (error) {
        if (!(error instanceof RequestError && error.isNoResponders())) throw error;
        throw new NobodyServesError(`nobody answers at ${subjectOf(to)}`, { cause: error });
      }
    },
    askAll: async (question) => {
      const connection = await connected();
      const how = { strategy: 'timer' as const, maxWait: allMs, headers: asking() };
      const answers: Answer[] = [];
      try {
        const asked = await connection.requestMany(subjectOf(null), JSON.stringify(question), how);
        for await (const message of asked) answers.push(message.json<Answer>());
      } catch (error) {
        // That nobody is there is an answer, too.
        if (!(error instanceof NoRespondersError)) throw error;
      }
      return answers;
    },
  };
}
