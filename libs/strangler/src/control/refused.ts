/** An action that is not legal now: the reason, and what would make it legal. HTTP 409. */
export class RefusedError extends Error {}

/** There is no such module. HTTP 404. */
export class UnknownModuleError extends Error {}
