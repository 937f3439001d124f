#!/usr/bin/env node
// `npx identity-center`: runs the command line client on Node 24, whatever Node this is.
import { start } from '../tools/bootstrap.mjs';

start(['cli/main.ts', ...process.argv.slice(2)]);
