#!/usr/bin/env node
import { runCommandLine } from './run-command-line.js';

// `strangler history | head` has read enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

process.exitCode = await runCommandLine(process.argv.slice(2));
