// Makes a fresh clone runnable: installs the packages if need be, then runs the entry on Node 24.
// Plain JavaScript without packages, since it runs on whatever Node there is (20 or newer), before anything is installed.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const OLDEST_NODE = 20;
const NEEDED_NODE = 24;

/**
 * Whether `node_modules` below `root` holds what `package-lock.json` asks for, by npm's own record of what it
 * installed. Optional packages are those of other platforms, so they may be missing.
 * @param {string} root
 */
export function isInstalled(root) {
  const wanted = readPackages(join(root, 'package-lock.json'));
  const present = readPackages(join(root, 'node_modules', '.package-lock.json'));
  if (!wanted || !present) return false;
  return Object.entries(wanted).every(([path, { version, optional, devOptional }]) => {
    if (path === '' || path.startsWith('node_modules/node/node_modules/')) return true;
    const found = present[path];
    return found ? found.version === version : Boolean(optional || devOptional);
  });
}

/** @param {string} file */
function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return null;
  }
}

/**
 * The Node 24 to run with: the one that runs this, if it is new enough, else the one that npm installed.
 * @param {string} root
 * @param {string} version of the running Node
 * @returns {string | null} null when npm has not installed one (yet)
 */
export function nodeFor(root, version = process.versions.node) {
  if (majorOf(version) >= NEEDED_NODE) return process.execPath;
  const installed = join(root, 'node_modules', 'node', 'bin', 'node');
  return existsSync(installed) ? installed : null;
}

/** @param {string} version */
function majorOf(version) {
  return Number.parseInt(version, 10);
}

/**
 * @param {string} root
 * @param {(message: string) => void} say
 */
function install(root, say) {
  say('Installing the npm packages (once; one to three minutes) …');
  const options = [
    'ci',
    '--include=dev',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    '--no-update-notifier',
  ];
  // The npm that started us, so that a machine with several uses the one its user called.
  const npm = process.env.npm_execpath;
  const [command, args] = npm?.endsWith('.js') ? [process.execPath, [npm, ...options]] : ['npm', options];
  // All of it on our standard error: standard output is the entry's own.
  const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (result.status !== 0) {
    fail(`\`npm ci\` failed${result.error ? `: ${result.error.message}` : ', see above'}.`);
  }
}

/** @param {string} message @returns {never} */
function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

/**
 * Runs `entry` and ends as it ends. A signal to us alone is passed on; Ctrl-C in a terminal reaches both anyway.
 * @param {string} root
 * @param {string} node
 * @param {string[]} args
 */
function run(root, node, args) {
  // Compiled code is kept for the next start, which is a third faster with it.
  const cache = process.env.NODE_COMPILE_CACHE ?? join(root, 'node_modules', '.cache', 'compiled');
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', ...args], {
    stdio: 'inherit',
    env: { ...process.env, NODE_COMPILE_CACHE: cache },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.once('error', (error) => fail(`${node} cannot be run: ${error.message}`));
  child.once('exit', (code, signal) => {
    process.removeAllListeners(signal ?? 'exit');
    if (signal) process.kill(process.pid, signal);
    else process.exit(code ?? 1);
  });
}

/**
 * Installs if need be, and runs the entry on Node 24 in the folder that the caller is in.
 * @param {string[]} words options of node, the entry's path from the root, its arguments
 */
export function start(words) {
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  const first = words.findIndex((word) => !word.startsWith('--'));
  const [entry, ...args] = first < 0 ? [] : words.slice(first);
  if (!entry) fail('Usage: node tools/bootstrap.mjs [options of node] <entry.ts> [arguments]');
  if (majorOf(process.versions.node) < OLDEST_NODE) {
    fail(`Node ${OLDEST_NODE} or newer is needed; this is ${process.versions.node}.`);
  }
  if (!isInstalled(root)) install(root, (message) => process.stderr.write(`${message}\n`));
  const node = nodeFor(root);
  if (!node) {
    fail(
      `Node ${NEEDED_NODE} is needed, this is ${process.versions.node}, and npm's package "node" did not bring ` +
        'it: was npm told to run no install scripts? Run `npm rebuild node`, or install Node 24.',
    );
  }
  run(root, node, [...words.slice(0, first), join(root, entry), ...args]);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) start(process.argv.slice(2));
