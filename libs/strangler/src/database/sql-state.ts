/** The SQLSTATE of an error that came from PostgreSQL. */
export const sqlState = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;

/** SQLSTATEs after which the whole transaction may simply run again: serialization failure, deadlock. */
const transient = new Set(['40001', '40P01']);

/** Whether the transaction may simply run again. */
export const isTransient = (error: unknown): boolean => transient.has(sqlState(error) ?? '');
