// Which addresses may be dialled.
import { describe, expect, it } from '@jest/globals';
import { isAddressAllowed, resolveHost } from '../../../connectors/dial.ts';

describe('isAddressAllowed', () => {
  it.each(['127.0.0.1', '10.0.0.1', '192.168.1.1', '::1', 'fd00::1', '2001:db8::1', '::ffff:10.0.0.1'])(
    'allows %s',
    (address) => {
      expect(isAddressAllowed(address, { allowLinkLocal: false })).toBe(true);
    },
  );

  it.each([
    '169.254.0.1',
    '169.254.169.254',
    'fe80::1',
    'fe80::1%eth0',
    '::ffff:169.254.1.1',
    '64:ff9b::a9fe:0101',
  ])('refuses the link-local address %s', (address) => {
    expect(isAddressAllowed(address, { allowLinkLocal: false })).toBe(false);
  });

  it('allows link-local addresses when settings say so', () => {
    expect(isAddressAllowed('169.254.0.1', { allowLinkLocal: true })).toBe(true);
    expect(isAddressAllowed('fe80::1', { allowLinkLocal: true })).toBe(true);
  });

  it.each([
    '169.254.169.254',
    '::ffff:169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    'fd00:ec2::254',
    '100.100.100.200',
    '168.63.129.16',
  ])('never allows the metadata service %s', (address) => {
    expect(isAddressAllowed(address, { allowLinkLocal: true })).toBe(false);
  });
});

describe('resolveHost', () => {
  const policy = { allowLinkLocal: false };
  const { signal } = new AbortController();

  it('returns the address that was checked', async () => {
    expect(await resolveHost('127.0.0.1', policy, 1_000, signal)).toEqual([
      { address: '127.0.0.1', family: 4 },
    ]);
  });

  // Other ways of writing 169.254.169.254 that resolvers understand.
  it.each(['169.254.169.254', '2852039166', '0xa9fea9fe'])('refuses %s', async (host) => {
    await expect(resolveHost(host, policy, 1_000, signal)).rejects.toMatchObject({
      code: expect.stringMatching(/^(address_not_allowed|host_not_found)$/),
    });
  });

  it('gives up when it is told to', async () => {
    const stopped = AbortSignal.abort(new Error('stopped'));
    await expect(resolveHost('127.0.0.1', policy, 1_000, stopped)).rejects.toThrow('stopped');
  });
});
