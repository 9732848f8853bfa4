#!/usr/bin/env node
import { environment } from '#platform';
import { Cli, runCommandLine } from 'nestjs-strangler/cli';
import { shop } from './shop.js';

// `strangler history | head` has read enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

process.exitCode = await runCommandLine(process.argv.slice(2), new Cli(shop, process, environment()));
