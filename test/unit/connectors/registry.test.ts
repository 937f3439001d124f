// The registry: which types there are, and what their settings may be.
import { describe, expect, it } from '@jest/globals';
import { createConnectorRegistry } from '../../../connectors/registry.ts';

const registry = createConnectorRegistry();

function issues(type: string, config: unknown): string[] {
  const parsed = registry.definition(type).configSchema.safeParse(config);
  return parsed.success
    ? []
    : parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe('createConnectorRegistry', () => {
  it('knows ldap, active-directory and csv', () => {
    expect(registry.types()).toEqual(['ldap', 'active-directory', 'csv']);
  });

  it.each(['scim', 'sql'])('says that %s is not supported yet', (type) => {
    expect(() => registry.definition(type)).toThrow(
      expect.objectContaining({
        code: 'invalid_configuration',
        message: expect.stringContaining('not supported yet'),
      }),
    );
  });

  it('refuses a type that does not exist', () => {
    expect(() => registry.definition('ldpa')).toThrow(
      /'ldpa' do not exist; the supported types are ldap, active-directory, csv/,
    );
  });

  it('needs of LDAP the url alone', () => {
    expect(registry.definition('ldap').configSchema.parse({ url: 'ldap://localhost' })).toEqual({
      url: 'ldap://localhost',
      startTls: false,
      caCertificate: null,
      bindDn: null,
      bindPassword: null,
      baseDns: [],
      idAttribute: null,
      pageSize: 1000,
      connectTimeoutMs: 5000,
      readTimeoutMs: 60000,
      changeOverlapSeconds: 300,
      readOnly: true,
    });
    expect(registry.definition('ldap').secretFields).toEqual(['bindPassword']);
    expect(registry.definition('ldap').guardedFields).toEqual(['url', 'startTls', 'caCertificate']);
  });

  it.each([
    [{}, 'url'],
    [{ url: 'http://localhost' }, 'url'],
    [{ url: 'ldap://user:secret@localhost' }, 'url'],
    [{ url: 'ldap://localhost/dc=x' }, 'url'],
    [{ url: 'ldaps://localhost', startTls: true }, 'startTls'],
    [{ url: 'ldap://localhost', caCertificate: 'no certificate' }, 'caCertificate'],
    [{ url: 'ldap://localhost', bindDn: 'cn=a' }, 'bindPassword'],
    [{ url: 'ldap://localhost', bindPassword: 'secret' }, 'bindDn'],
    [{ url: 'ldap://localhost', baseDns: ['nonsense'] }, 'baseDns.0'],
    [{ url: 'ldap://localhost', pageSize: 0 }, 'pageSize'],
    [{ url: 'ldap://localhost', unknown: 1 }, 'unknown'],
  ])('refuses %j and names the field, not the value', (config, field) => {
    const found = issues('ldap', config);
    expect(found.join('\n')).toContain(field);
    expect(found.join('\n')).not.toContain('secret');
  });

  it('needs of CSV the file and its key column', () => {
    expect(registry.definition('csv').configSchema.parse({ file: 'a.csv', keyColumn: 'id' })).toEqual({
      file: 'a.csv',
      delimiter: ',',
      encoding: 'utf-8',
      keyColumn: 'id',
      classColumn: null,
      multiValueSeparator: null,
      membershipFile: null,
    });
    expect(issues('csv', {}).join('\n')).toMatch(/file[\s\S]*keyColumn/);
    expect(issues('csv', { file: 'a', keyColumn: 'b', encoding: 'ebcdic' }).join()).toContain('windows-1252');
  });

  it('has default scopes that the type itself accepts', () => {
    for (const [type, config] of [
      ['ldap', { url: 'ldap://localhost' }],
      ['csv', { file: 'a', keyColumn: 'b', classColumn: 'c' }],
    ] as const) {
      const definition = registry.definition(type);
      const scopes = definition.defaultScopes(definition.configSchema.parse(config));
      expect(scopes.map(({ objectClass }) => objectClass)).toEqual(expect.arrayContaining(['user', 'group']));
      expect(definition.checkScopes(scopes)).toEqual([]);
    }
  });

  it('refuses to open a connection whose stored settings are not valid, without telling values', () => {
    const connection = {
      id: 'x',
      type: 'ldap',
      config: { url: 'nonsense-4711', bindPassword: 'secret-4711' },
    };
    expect(() => registry.open(connection, { importDirectory: '.' })).toThrow(
      expect.objectContaining({
        code: 'invalid_configuration',
        message: expect.not.stringContaining('4711'),
      }),
    );
  });

  it('passes settings on to every connector', async () => {
    const config = { url: 'ldap://169.254.0.1:1', connectTimeoutMs: 50 };
    const test = (settings: { allowLinkLocalSources: boolean }) =>
      createConnectorRegistry(settings)
        .open({ id: 'x', type: 'ldap', config }, { importDirectory: '.' })
        .test(new AbortController().signal);
    expect((await test({ allowLinkLocalSources: false })).checks.at(-1)).toMatchObject({
      name: 'resolve',
      ok: false,
    });
    expect((await test({ allowLinkLocalSources: true })).checks[0]).toMatchObject({
      name: 'resolve',
      ok: true,
    });
  });
});
