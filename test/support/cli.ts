// Runs the command line client as a person or script would: the real process, with a configuration folder of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AnswerBody } from './api.ts';

export interface CliResult {
  code: number | string;
  stdout: string;
  stderr: string;
  /** The one document that `--json` writes. */
  document: () => AnswerBody;
}

export interface CliCall {
  stdin?: string;
  environment?: Record<string, string>;
  /** Called with the process once it runs. */
  onStart?: (child: ChildProcess) => void;
}

export interface Cli {
  /** A folder that is empty at first, for configuration and files; the client runs in it. */
  folder: string;
  loginFile: string;
  run(args: string[], call?: CliCall): Promise<CliResult>;
  close(): void;
}

const PROGRAM = join(import.meta.dirname, '..', '..', 'cli', 'identity-center.mjs');

/** @param environment what the client has beside PATH and its folders. */
export function openCli(environment: Record<string, string>): Cli {
  const folder = mkdtempSync(join(tmpdir(), 'identity-center-cli-'));
  const configuration = join(folder, 'configuration');
  return {
    folder,
    loginFile: join(configuration, 'identity-center', 'logins.json'),
    run(args, call = {}) {
      const env = {
        PATH: process.env.PATH,
        HOME: folder,
        XDG_CONFIG_HOME: configuration,
        ...environment,
        ...call.environment,
      };
      return runProcess(args, { cwd: folder, env }, call);
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function runProcess(
  args: string[],
  place: { cwd: string; env: NodeJS.ProcessEnv },
  call: CliCall,
): Promise<CliResult> {
  const child = spawn(process.execPath, [PROGRAM, ...args], { ...place, stdio: 'pipe' });
  const printed = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      printed[name] += chunk;
    });
  }
  child.stdin.end(call.stdin ?? '');
  call.onStart?.(child);
  const [code, signal] = await once(child, 'close');
  return { code: code ?? signal, ...printed, document: () => JSON.parse(printed.stdout) };
}
