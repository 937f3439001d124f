// Opens connections to source systems: it resolves a host once, checks the address, and dials that address.
import { lookup } from 'node:dns/promises';
import { BlockList, connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { AppError } from '../domain/app-error.ts';

/** An address that settings allow us to dial. */
export interface CheckedAddress {
  address: string;
  family: 4 | 6;
}

export interface AddressPolicy {
  /** Link-local addresses (169.254.0.0/16, fe80::/10) may be dialled; cloud metadata services never are. */
  allowLinkLocal: boolean;
}

const METADATA = new BlockList();
for (const address of [
  '169.254.169.254',
  '169.254.170.2',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
]) {
  METADATA.addAddress(address, 'ipv4');
  const [a, b, c, d] = address.split('.').map(Number) as [number, number, number, number];
  // The same address by way of NAT64 (RFC 6052).
  METADATA.addAddress(`64:ff9b::${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`, 'ipv6');
}
for (const address of ['fd00:ec2::254', 'fd20:ce::254', 'fe80::a9fe:a9fe'])
  METADATA.addAddress(address, 'ipv6');

const LINK_LOCAL = new BlockList();
LINK_LOCAL.addSubnet('169.254.0.0', 16, 'ipv4');
LINK_LOCAL.addSubnet('fe80::', 10, 'ipv6');
LINK_LOCAL.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6');

/** Whether an IP address may be dialled under the policy. */
export function isAddressAllowed(address: string, policy: AddressPolicy): boolean {
  const family = isIP(address.replace(/%.*$/, '')) === 6 ? 'ipv6' : 'ipv4';
  const bare = address.replace(/%.*$/, '');
  if (METADATA.check(bare, family)) return false;
  return policy.allowLinkLocal || !LINK_LOCAL.check(bare, family);
}

function timeoutError(what: string, timeoutMs: number): AppError {
  return new AppError('timeout', `${what} within ${timeoutMs} ms.`);
}

/** Waits for `work`, at most `timeoutMs`, and not past an abort; what comes later is left to `late`. */
async function within<T>(
  work: Promise<T>,
  timeoutMs: number,
  timedOut: () => AppError,
  signal: AbortSignal,
): Promise<T> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(timedOut()), timeoutMs);
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}

/**
 * The addresses of a host that may be dialled, in the resolver's order. The time limit is in milliseconds.
 * @throws AppError `host_not_found`, `timeout`, or `address_not_allowed` when none of them may be dialled.
 */
export async function resolveHost(
  host: string,
  policy: AddressPolicy,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<CheckedAddress[]> {
  const looked = lookup(host, { all: true, verbatim: true }).catch((cause: NodeJS.ErrnoException) => {
    const transient = cause.code === 'EAI_AGAIN' ? ' (the name server did not answer)' : '';
    throw new AppError('host_not_found', `The host '${host}' is unknown${transient}.`, { cause });
  });
  looked.catch(() => undefined);
  const found = await within(
    looked,
    timeoutMs,
    () => timeoutError(`The name of the host '${host}' could not be resolved`, timeoutMs),
    signal,
  );
  const allowed = found.filter(({ address }) => isAddressAllowed(address, policy));
  if (allowed.length === 0) {
    throw new AppError(
      'address_not_allowed',
      `The host '${host}' has the address ${found.map(({ address }) => address).join(', ')}, which is link-local or a cloud metadata service: connections to it are not allowed.`,
    );
  }
  return allowed.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
}

/** Turns a socket's error into ours; `target` is `host:port`. */
export function connectionError(cause: NodeJS.ErrnoException, target: string): AppError {
  switch (cause.code) {
    case 'ECONNREFUSED':
      return new AppError('connection_refused', `${target} refused the connection: nothing listens there.`, {
        cause,
      });
    case 'ETIMEDOUT':
      return new AppError('timeout', `${target} did not answer.`, { cause });
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
    case 'EACCES':
      return new AppError('connection_refused', `${target} cannot be reached: there is no route to it.`, {
        cause,
      });
    default:
      return new AppError(
        'connection_lost',
        `The connection to ${target} was lost${cause.code ? ` (${cause.code})` : ''}.`,
        { cause },
      );
  }
}

async function dialOne(
  { address, family }: CheckedAddress,
  port: number,
  target: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Socket> {
  const socket = connectTcp({ host: address, port, family, noDelay: true, keepAlive: true });
  const connected = new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', (error) => reject(connectionError(error, target)));
  });
  try {
    await within(connected, timeoutMs, () => timeoutError(`${target} did not answer`, timeoutMs), signal);
    socket.removeAllListeners('error');
    return socket;
  } catch (error) {
    socket.removeAllListeners('error');
    socket.on('error', () => undefined);
    socket.destroy();
    throw error;
  }
}

/**
 * Connects to the first of the addresses that answers, all of them within `timeoutMs`.
 * @throws AppError `connection_refused`, `timeout`, `connection_lost`: the last address's.
 */
export async function dial(
  addresses: CheckedAddress[],
  port: number,
  target: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Socket> {
  const deadline = performance.now() + timeoutMs;
  let failure: unknown = new AppError('host_not_found', `${target} has no address.`);
  for (const [index, address] of addresses.entries()) {
    const left = deadline - performance.now();
    // A dead first address must leave time for the others.
    const share = Math.max(1, Math.ceil(left / (addresses.length - index)));
    try {
      return await dialOne(address, port, target, share, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      failure = error;
    }
  }
  throw failure;
}

const UNTRUSTED = new Map([
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'it is self-signed'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'its chain ends in a certification authority that is not trusted here'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'its issuer is not trusted here'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'its issuer is not trusted here'],
  ['UNABLE_TO_GET_ISSUER_CERT', 'its issuer is not known'],
  ['CERT_UNTRUSTED', 'its issuer is not trusted here'],
  ['CERT_SIGNATURE_FAILURE', 'its signature is not its issuer’s'],
  ['INVALID_CA', 'its issuer may not issue certificates'],
  ['CERT_HAS_EXPIRED', 'it has expired'],
  ['CERT_NOT_YET_VALID', 'it is not valid yet'],
  ['CERT_REVOKED', 'it is revoked'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'it is for other host names'],
]);

function tlsError(cause: NodeJS.ErrnoException, target: string): AppError {
  const reason = UNTRUSTED.get(cause.code ?? '');
  if (reason !== undefined) {
    return new AppError(
      'tls_untrusted',
      `The certificate of ${target} is not trusted: ${reason}. Set caCertificate to the certificate of the authority that issued it, or correct the host name.`,
      { cause },
    );
  }
  const code = cause.code ? ` (${cause.code})` : '';
  return new AppError(
    'tls_failed',
    `TLS with ${target} could not be set up${code}: it may not speak TLS there.`,
    {
      cause,
    },
  );
}

/**
 * Sets up TLS on a connected socket and checks the certificate against `host` and, when it is given, against
 * `caCertificate` (PEM) alone, else against the well-known authorities.
 * @throws AppError `tls_untrusted`, `tls_failed`, `timeout`.
 */
export async function secure(
  socket: Socket,
  options: {
    host: string;
    target: string;
    caCertificate: string | null;
    timeoutMs: number;
    signal: AbortSignal;
  },
): Promise<Socket> {
  const { host, target, caCertificate, timeoutMs, signal } = options;
  const secured = Promise.withResolvers<Socket>();
  let upgraded: Socket = socket;
  try {
    const names = isIP(host) === 0 ? { host, servername: host } : { host };
    const tls = connectTls({ socket, ...names, ...(caCertificate === null ? {} : { ca: [caCertificate] }) });
    upgraded = tls;
    tls.once('secureConnect', () => secured.resolve(tls));
    tls.once('error', (error) => secured.reject(tlsError(error, target)));
    tls.once('close', () =>
      secured.reject(new AppError('tls_failed', `${target} closed the connection while TLS was set up.`)),
    );
    await within(
      secured.promise,
      timeoutMs,
      () => timeoutError(`TLS with ${target} was not set up`, timeoutMs),
      signal,
    );
    tls.removeAllListeners('error').removeAllListeners('close');
    return tls;
  } catch (error) {
    secured.promise.catch(() => undefined);
    upgraded.removeAllListeners('error');
    upgraded.on('error', () => undefined);
    upgraded.destroy();
    socket.destroy();
    throw error instanceof AppError || signal.aborted ? error : tlsError(error as Error, target);
  }
}
