import type { Routes } from '../routes/routes.js';
import type { NatsLink } from './link.js';

/** How often is looked whether somebody has started the server, in ms. */
const lookEveryMs = 1_000;

/**
 * Connects when the first module leaves, or once `runs` says that the server is there: somebody has started it, who may want the routes.
 * For a server that is started by connecting. Returns the way to stop looking.
 */
export function connectWhenNeeded(link: NatsLink, routes: Routes, runs: () => Promise<boolean>): () => void {
  const startIfAway = (): void => {
    if (routes.anyAway) link.start();
  };
  const timer = setInterval(() => {
    void runs().then((there) => {
      if (!there) return;
      clearInterval(timer);
      link.start();
    });
  }, lookEveryMs).unref();
  routes.onChange(startIfAway);
  startIfAway();
  return () => clearInterval(timer);
}
