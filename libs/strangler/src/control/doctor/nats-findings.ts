import type { Finding, FindingSource } from '../terms/views.js';
import { knownHoles } from '../../nats/known-holes.js';
import type { NatsLink } from '../../nats/link.js';

/** What `doctor` finds out about NATS. It looks at the connection that there is, and makes none. */
export const natsFindings =
  (link: Pick<NatsLink, 'current' | 'trouble' | 'barred'>): FindingSource =>
  () => {
    const { current, trouble, barred } = link;
    if (trouble) return [unreachable(trouble, barred)];
    const holes = current?.info && knownHoles(current.info.version);
    return holes ? [insecure(holes)] : [];
  };

const unreachable = (trouble: string, barred: boolean): Finding => ({
  module: null,
  problem: `there is no connection to NATS: ${trouble}`,
  meaning:
    'modules that are served elsewhere cannot be called, nothing is replicated, and no module can move',
  remedy: barred
    ? 'start this program again, with NAMESPACE and the user in NATS_URL that belong together'
    : 'make NATS reachable; the connection is then made by itself',
  repairable: false,
});

const insecure = (holes: string): Finding => ({
  module: null,
  problem: holes,
  meaning:
    'whoever reaches its port may stop it, or do more; the embedded one is reached from this machine only',
  remedy: 'start a current nats-server (docker run -p 127.0.0.1:4222:4222 nats), and set NATS_URL to it',
  repairable: false,
});
