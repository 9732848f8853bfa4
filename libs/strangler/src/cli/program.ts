import { Command } from 'commander';
import type { Cli } from './cli.js';
import { abort } from './verbs/abort.js';
import { approve } from './verbs/approve.js';
import { advance } from './verbs/advance.js';
import { assess } from './verbs/assess.js';
import { contracts } from './verbs/contracts.js';
import { decommission } from './verbs/decommission.js';
import { doctor } from './verbs/doctor.js';
import { events } from './verbs/events.js';
import { failover } from './verbs/failover.js';
import { generate } from './verbs/generate.js';
import { history } from './verbs/history.js';
import { init } from './verbs/init.js';
import { mismatches } from './verbs/mismatches.js';
import { quarantined } from './verbs/quarantined.js';
import { page } from './verbs/page.js';
import { pause } from './verbs/pause.js';
import { plan } from './verbs/plan.js';
import { rejoin } from './verbs/rejoin.js';
import { resume } from './verbs/resume.js';
import { rollback } from './verbs/rollback.js';
import { run } from './verbs/run.js';
import { sagas } from './verbs/sagas.js';
import { serveUnproven } from './verbs/serve-unproven.js';
import { shift } from './verbs/shift.js';
import { status } from './verbs/status.js';
import { verify } from './verbs/verify.js';
import { webhooks } from './verbs/webhooks.js';

/** In the order in which an operator meets them. */
const verbs = [
  assess,
  init,
  generate,
  contracts,
  status,
  page,
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
  quarantined,
  events,
  sagas,
  webhooks,
  doctor,
  rejoin,
  serveUnproven,
  failover,
  decommission,
];

/** The command line. A wrong one makes commander throw its error, after it has said what is wrong (but for `json`). */
export function makeProgram(cli: Cli, json = false): Command {
  const { application } = cli;
  const program = new Command(cli.program)
    .description('Moves modules of a running application out into services, and back.')
    .version(application.version, '--version', 'print the version')
    .addHelpText('after', `\n${application.settings}`)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => cli.out.stream.write(text),
      writeErr: (text) => (json ? undefined : cli.aside.stream.write(text)),
    })
    .showHelpAfterError('(--help after a verb shows its options and examples)');
  for (const verb of [...verbs, ...application.verbs]) verb(program, cli);
  return program;
}
