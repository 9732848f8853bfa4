/**
 * A start that cannot be: the message is one clear sentence for the operator.
 *
 * @example
 * throw new StartError('port 3010 at 127.0.0.1 (HEALTH_PORT) is in use by another program');
 */
export class StartError extends Error {}
