import { withClient } from '#platform';

/** What raises in `strangler.enter` when a side has not proven itself. */
const refusal = /\s+if o\.standing is not null\s[\s\S]*?using errcode = 'SR425'[\s\S]*?end if;/;

/** Takes the proof out of a database: nobody asks any more whether its present start is proven. @throws when it is not as expected. */
export const withoutProof = (url: string): Promise<void> =>
  withClient(url, async (client) => {
    const { rows } = await client.query<{ source: string }>(
      `select pg_get_functiondef('strangler.enter'::regproc) as source`,
    );
    const source = rows[0]!.source;
    const without = source.replace(refusal, '');
    if (without === source) throw new Error('strangler.enter asks for no proof');
    await client.query(without);
    await client.query(
      `create or replace function strangler.is_proven(o strangler.ownership) returns boolean
         language sql stable parallel safe return true`,
    );
  });
