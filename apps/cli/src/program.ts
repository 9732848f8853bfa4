import { packageVersion } from '#platform';
import { Command } from 'commander';
import type { Cli } from './cli.js';
import { programName } from './command.js';
import { abort } from './verbs/abort.js';
import { approve } from './verbs/approve.js';
import { advance } from './verbs/advance.js';
import { assess } from './verbs/assess.js';
import { boundaries } from './verbs/boundaries.js';
import { decommission } from './verbs/decommission.js';
import { doctor } from './verbs/doctor.js';
import { failover } from './verbs/failover.js';
import { generate } from './verbs/generate.js';
import { history } from './verbs/history.js';
import { init } from './verbs/init.js';
import { mismatches } from './verbs/mismatches.js';
import { natsConfig } from './verbs/nats-config.js';
import { parked } from './verbs/parked.js';
import { pause } from './verbs/pause.js';
import { plan } from './verbs/plan.js';
import { rejoin } from './verbs/rejoin.js';
import { resume } from './verbs/resume.js';
import { rollback } from './verbs/rollback.js';
import { run } from './verbs/run.js';
import { serveUnproven } from './verbs/serve-unproven.js';
import { shift } from './verbs/shift.js';
import { status } from './verbs/status.js';
import { verify } from './verbs/verify.js';

/** In the order in which an operator meets them. */
const verbs = [
  assess,
  init,
  generate,
  boundaries,
  status,
  plan,
  run,
  advance,
  approve,
  shift,
  verify,
  pause,
  resume,
  abort,
  rollback,
  history,
  mismatches,
  parked,
  doctor,
  rejoin,
  serveUnproven,
  failover,
  decommission,
  natsConfig,
];

/** The command line. A wrong one makes commander throw its error, after it has said what is wrong (but for `json`). */
export function makeProgram(cli: Cli, json = false): Command {
  const program = new Command(programName)
    .description('Moves modules of the running shop out into services, and back.')
    .version(packageVersion(), '--version', 'print the version')
    .addHelpText('after', `\n${settings}`)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => cli.out.stream.write(text),
      writeErr: (text) => (json ? undefined : cli.aside.stream.write(text)),
    })
    .showHelpAfterError('(--help after a verb shows its options and examples)');
  for (const verb of verbs) verb(program, cli);
  return program;
}

const settings = `Settings: ADMIN_URL or ADMIN_PORT (3001), SHOP_URL or PORT (3000). It logs in as the admin of DATA_DIR (.data),
or with ADMIN_EMAIL and ADMIN_PASSWORD, or takes ADMIN_TOKEN. NO_COLOR is honoured.
What begins with / is a route of the edge, which a gateway moves: GATEWAY_ADMIN_URL or GATEWAY_ADMIN_PORT (3002).
MODULES=none: there is a gateway, and no shop; ADMIN_TOKEN is one that it was started with.
Exit code: 0 done; 1 refused, failed, or found what must not be; 2 wrong usage.`;
