import { WishesError, type RouteWish } from 'nestjs-strangler/internal';
import { isTakenAway } from '../header-rules.js';

type Sorted = Pick<RouteWish, 'path' | 'line' | 'cohorts'>;

/** The routes, if somebody can be in each of their cohorts. @throws {WishesError} for one by a header that is taken away from clients. */
export function cohortsOfClients<R extends Sorted>(routes: readonly R[]): readonly R[] {
  for (const { path, line, cohorts } of routes) {
    const header = cohorts.map((cohort) => cohort.header).find(isTakenAway);
    if (header !== undefined)
      throw new WishesError(
        `edge: nobody is in the cohort of ${path} by ${header}: no client's word counts there; take a header of your own, as x-user-group`,
        line,
      );
  }
  return routes;
}
