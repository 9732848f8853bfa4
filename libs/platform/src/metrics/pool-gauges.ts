import type { ReadGauges } from './gauges.js';

/** What is told of a pool of connections; pg's own has more. */
export interface PoolFigures {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
}

/** How the pools of this process are used, by their names. */
export const poolGauges = (pools: Readonly<Record<string, () => PoolFigures>>): ReadGauges => ({
  gauges: {
    database_pool_connections: {
      help: 'Connections to the database that are used or idle',
      labels: ['pool', 'state'],
    },
    database_pool_waiting: { help: 'Work that waits for a connection', labels: ['pool'] },
  },
  read: async () => {
    const figures = Object.entries(pools).map(([pool, read]) => ({ pool, ...figuresOf(read()) }));
    return {
      database_pool_connections: figures.flatMap(({ pool, used, idle }) => [
        { labels: { pool, state: 'used' }, value: used },
        { labels: { pool, state: 'idle' }, value: idle },
      ]),
      database_pool_waiting: figures.map(({ pool, waiting }) => ({ labels: { pool }, value: waiting })),
    };
  },
});

const figuresOf = ({ totalCount, idleCount, waitingCount }: PoolFigures) => ({
  used: totalCount - idleCount,
  idle: idleCount,
  waiting: waitingCount,
});
