// Opens an LDAP session stage by stage, so that a connection test and a read fail with the same words.
import type { Socket } from 'node:net';
import { BindRequest, ExtendedRequest } from 'ldapts';
import { AppError } from '../../domain/app-error.ts';
import type { CheckRunner } from '../check-recorder.ts';
import { type AddressPolicy, dial, resolveHost, secure } from '../dial.ts';
import { type LdapConfig, ldapTarget } from './config.ts';
import { LDAP_SUCCESS, resultError } from './result-codes.ts';
import { failOnAbort, LdapSession } from './session.ts';

/** How many milliseconds are left of a time limit, one at least: for a stage that takes several requests. */
export function countdown(timeoutMs: number): () => number {
  const end = performance.now() + timeoutMs;
  return () => Math.max(1, Math.ceil(end - performance.now()));
}

const START_TLS = '1.3.6.1.4.1.1466.20037';

async function startTls(
  session: LdapSession,
  config: LdapConfig,
  label: string,
  signal: AbortSignal,
): Promise<void> {
  const { host } = ldapTarget(config);
  const leftMs = countdown(config.connectTimeoutMs);
  const response = await session.request(new ExtendedRequest({ messageId: 0, oid: START_TLS }), leftMs());
  if (response.status !== LDAP_SUCCESS) {
    throw new AppError(
      'tls_failed',
      `${label} does not offer StartTLS (result code ${response.status}): set it up there, or use ldaps://.`,
    );
  }
  await session.replaceSocket((socket) =>
    secure(socket, { host, target: label, caCertificate: config.caCertificate, timeoutMs: leftMs(), signal }),
  );
}

async function bind(session: LdapSession, config: LdapConfig): Promise<void> {
  const request = new BindRequest({
    messageId: 0,
    dn: config.bindDn ?? '',
    password: config.bindPassword ?? '',
  });
  const response = await session.request(request, config.connectTimeoutMs);
  if (response.status !== LDAP_SUCCESS) {
    throw resultError(response, config.bindDn === null ? 'for an anonymous bind' : `for '${config.bindDn}'`);
  }
}

/** TLS from the start or by StartTLS, as the config says; the session that is returned owns the socket. */
async function startSession(socket: Socket, config: LdapConfig, signal: AbortSignal): Promise<LdapSession> {
  const { host, implicitTls, label } = ldapTarget(config);
  const { caCertificate, connectTimeoutMs: timeoutMs } = config;
  const secured = implicitTls
    ? await secure(socket, { host, target: label, caCertificate, timeoutMs, signal })
    : socket;
  const session = new LdapSession(secured, label);
  if (!config.startTls) return session;
  const release = failOnAbort(session, signal);
  try {
    await startTls(session, config, label, signal);
    return session;
  } catch (error) {
    session.fail(error);
    throw error;
  } finally {
    release();
  }
}

async function bindOrFail(session: LdapSession, config: LdapConfig, signal: AbortSignal): Promise<void> {
  const release = failOnAbort(session, signal);
  try {
    await bind(session, config);
  } catch (error) {
    session.fail(error);
    throw error;
  } finally {
    release();
  }
}

/**
 * Resolves, connects, sets up TLS and binds; each stage within `connectTimeoutMs`.
 * @throws AppError with a source's code; the connection is closed then.
 */
export async function openSession(
  config: LdapConfig,
  policy: AddressPolicy,
  signal: AbortSignal,
  run: CheckRunner = (_name, stage) => stage(),
): Promise<LdapSession> {
  const { host, port, implicitTls, label } = ldapTarget(config);
  const timeoutMs = config.connectTimeoutMs;
  const addresses = await run(
    'resolve',
    () => resolveHost(host, policy, timeoutMs, signal),
    (found) => `${host} is ${found.map(({ address }) => address).join(', ')}.`,
  );
  const socket = await run(
    'connect',
    () => dial(addresses, port, label, timeoutMs, signal),
    () => `Connected to ${label}.`,
  );
  // Until a session owns it, an error of the socket must not end the process.
  socket.on('error', () => undefined);
  const session = await run(
    'tls',
    () => startSession(socket, config, signal),
    () => tlsMessage(config, implicitTls),
  );
  await run(
    'bind',
    () => bindOrFail(session, config, signal),
    () => (config.bindDn === null ? 'Signed in anonymously.' : `Signed in as '${config.bindDn}'.`),
  );
  return session;
}

function tlsMessage(config: LdapConfig, implicitTls: boolean): string {
  if (implicitTls) return 'TLS is set up (ldaps) and the certificate is trusted.';
  if (config.startTls) return 'TLS is set up (StartTLS) and the certificate is trusted.';
  return config.bindPassword === null
    ? 'Not used.'
    : 'Not used: password and data cross the network unencrypted. Use ldaps:// or startTls outside of a test.';
}
