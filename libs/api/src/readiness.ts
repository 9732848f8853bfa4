/** The token of all checks, an array; `ApiModule.forRoot({ readiness })` provides it. */
export const readinessChecks = Symbol('api:readiness');
