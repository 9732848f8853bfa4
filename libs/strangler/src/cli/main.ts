#!/usr/bin/env node
import { Cli } from './cli.js';
import { environment } from './environment-settings.js';
import { installed } from './installed.js';
import { runCommandLine } from './run-command-line.js';

// `strangler history | head` has read enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

void runCommandLine(process.argv.slice(2), new Cli(installed, process, environment())).then(
  (code) => (process.exitCode = code),
);
