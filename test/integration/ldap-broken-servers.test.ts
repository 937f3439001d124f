// Servers that say nothing, close, or speak something else than LDAP.
import type { Socket } from 'node:net';
import { afterAll, describe, expect, it } from '@jest/globals';
import { ldapSource } from '../support/ldap-source.ts';
import { type SilentServer, startSilentServer } from '../support/silent-server.ts';

const { open, signal, closeAll } = ldapSource();

describe('the LDAP connector and servers that misbehave', () => {
  const servers: SilentServer[] = [];
  afterAll(async () => {
    await closeAll();
    await Promise.all(servers.map((each) => each.close()));
  });

  async function listen(accept?: (socket: Socket) => void): Promise<string> {
    const server = await startSilentServer(accept);
    servers.push(server);
    return server.target;
  }

  it.each([
    ['the bind', 'ldap', false, 'bind'],
    ['TLS', 'ldaps', false, 'tls'],
    ['StartTLS', 'ldap', true, 'tls'],
  ])('times out when %s is never answered', async (_what, scheme, startTls, check) => {
    const target = await listen();
    const started = performance.now();
    const test = await open({ url: `${scheme}://${target}`, startTls, connectTimeoutMs: 300 }).test(signal);
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(test.checks.at(-1)).toMatchObject({
      name: check,
      ok: false,
      message: expect.stringContaining('300 ms'),
    });
  });

  it('says that something else listens there', async () => {
    const target = await listen((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await expect(open({ url: `ldap://${target}` }).connect(signal)).rejects.toMatchObject({
      code: 'source_error',
    });
  });

  it('says that the connection was closed', async () => {
    const target = await listen((socket) => socket.once('data', () => socket.destroy()));
    await expect(open({ url: `ldap://${target}` }).connect(signal)).rejects.toMatchObject({
      code: 'connection_lost',
      retryable: true,
    });
  });

  it('stops waiting for a bind when it is told to', async () => {
    const controller = new AbortController();
    // What arrives first is the bind.
    const target = await listen((socket) =>
      socket.once('data', () => controller.abort(new Error('cancelled here'))),
    );
    const connecting = open({ url: `ldap://${target}` }).connect(controller.signal);
    await expect(connecting).rejects.toThrow('cancelled here');
  });
});
