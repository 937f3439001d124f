// `npm run demo` brings both samples in, over the API, makes persons of them, and its printed commands work.
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Configuration, IdentitiesBetaApi, IdentityProfilesApi, Paginator } from 'sailpoint-api-client';
import { z } from 'zod';
import { removeEmbeddedPostgres } from '../../tools/embedded-postgres.ts';
import { freePort } from '../../tools/free-port.ts';
import { generateSample } from '../../tools/generate-sample.ts';
import { hasCurl } from '../../tools/test-packages.ts';
import { newHome, type PlatformProcess, startScript } from '../support/platform-process.ts';
import { identityDocument, identityProfileDocument } from '../support/sailpoint-documents.ts';

const READY = 'Ctrl-C stops it';
/** A start is a database, two runs and a refresh. */
const START_MS = 150_000;
/** Contractors and programs; HR knows nothing of them. Two desks, and three people, wait as cases. */
const NOT_IN_HR = 12;
const ONLY_IN_HR = 12;
const CASES = 5;

/** What the profile makes of the person that is shown, BENJAMIN O'BRIEN to HR. */
const BEN = {
  firstname: 'Ben',
  lastname: "O'Brien",
  displayName: "Ben O'Brien",
  nativeName: "Ben O'Brien",
  initials: 'BO',
  uid: 'ben.obrien',
  email: 'ben.obrien@example.org',
  employeeId: '41561',
  badge: 'EI-00041561',
  title: 'Specialist',
  department: 'Operations',
  country: 'GB',
  phone: '+442079460223',
  startDate: '2023-04-03',
  endDate: null,
  stage: 'employee',
};

describe('npm run demo', () => {
  let home: string;
  let port: number;
  let platform: PlatformProcess;

  beforeAll(async () => {
    home = newHome();
    port = await freePort();
    platform = startScript('demo', { home, port });
    await platform.untilPrinted(READY);
  }, START_MS);
  afterAll(async () => {
    await platform.end('SIGTERM');
    removeEmbeddedPostgres(join(home, 'postgres'));
    rmSync(join(home, '..'), { recursive: true, force: true });
  });
  // The vendor's client tells the console about each page.
  beforeEach(() => void jest.spyOn(console, 'log').mockImplementation(() => {}));
  afterEach(() => void jest.restoreAllMocks());

  function expectedTable(): [string, number][] {
    const { rows, memberships, employees } = generateSample();
    const ofClass = (name: string) => rows.filter((row) => row.class === name).length;
    return [
      ['Users', ofClass('user')],
      ['Groups', ofClass('group')],
      ['Computers', ofClass('computer')],
      ['Memberships', memberships.length],
      ['Managers', new Set(rows.map((row) => row.manager).filter(Boolean)).size],
      ['Employees', employees.length],
      ['Persons', employees.length + NOT_IN_HR],
      ['  with both', employees.length - ONLY_IN_HR],
      ['  only in HR', ONLY_IN_HR],
      ['  not in HR', NOT_IN_HR],
      ['With errors', 1],
      ['Open cases', CASES],
    ];
  }

  function expectTable(): void {
    for (const [name, count] of expectedTable())
      expect(platform.output().stdout).toMatch(new RegExp(`^  ${name} +${count}( |$)`, 'm'));
  }

  it('shows progress, and a table of exactly what the samples hold', () => {
    const { stderr } = platform.output();
    for (const what of ['Sync of HR file', 'Sync of Sample directory', 'Refresh of Employees'])
      expect(stderr).toContain(`${what}: completed (100 %)`);
    expectTable();
  });

  it('shows one person: both accounts, why they are one, and what was computed', () => {
    const { stdout } = platform.output();
    expect(stdout).toContain("One of them is Ben O'Brien");
    expect(stdout).toContain('In HR file, linked by: own person, confidence 100');
    expect(stdout).toContain('In Sample directory, linked by: Employee id, confidence 100');
    expect(stdout).toContain('first_name=BENJAMIN');
    for (const [name, value] of Object.entries(BEN))
      expect(stdout).toMatch(new RegExp(`^  ${name} +${(value ?? '-').replace('+', '\\+')} +[a-z]`, 'm'));
  });

  it('prints addresses that answer', async () => {
    const addresses = [...platform.output().stdout.matchAll(/(?:API docs|Temporal UI) +(http\S+)/g)];
    expect(addresses).toHaveLength(2);
    for (const [, address] of addresses) {
      const answer = await fetch(address as string);
      expect([address, answer.status]).toEqual([address, 200]);
    }
  });

  const withCurl = hasCurl() ? it : it.skip;
  withCurl(`prints nine commands that work in a new shell${hasCurl() ? '' : ' (there is no curl)'}`, () => {
    const printed = platform.output().stdout.split('\n');
    const lines = printed.filter((line) => /^([A-Z]+=\$\()?curl /.test(line));
    expect(lines).toHaveLength(9);
    const [login, users, members, search, accounts, cases, client, identities, profiles] = lines;
    const answer = (...commands: (string | undefined)[]) =>
      JSON.parse(execFileSync('sh', ['-c', commands.join('\n')], { encoding: 'utf8' }));

    const engineers = answer(login, users);
    expect(engineers.data.map((user: { department: string }) => user.department)).toEqual(
      Array(5).fill('Engineering'),
    );
    expect(answer(login, members).data).toHaveLength(5);

    const found = answer(login, search).data;
    expect(found).toMatchObject([{ displayName: BEN.displayName, objectCount: 2, attributes: BEN }]);
    const { data: objects } = answer(login, accounts);
    expect(objects.map((one: { link: { rule: string } }) => one.link.rule).toSorted()).toEqual([
      'Employee id',
      'own person',
    ]);
    expect(new Set(objects.map((one: { connectionId: string }) => one.connectionId)).size).toBe(2);
    const reasons = answer(login, cases).data.map((one: { reason: string }) => one.reason);
    expect(reasons.toSorted()).toEqual([
      ...['several_persons', 'shared_value', 'shared_value', 'similar_name', 'similar_name'],
    ]);

    const [identity, ...others] = z.array(identityDocument).parse(answer(client, identities));
    expect(others).toEqual([]);
    expect(identity).toMatchObject({
      id: found[0].id.replaceAll('-', ''),
      name: BEN.displayName,
      alias: BEN.uid,
      emailAddress: BEN.email,
      processingState: 'OK',
      managerRef: { type: 'IDENTITY', name: 'Junjie Chen' },
      attributes: BEN,
    });
    const [profile] = z.array(identityProfileDocument).parse(answer(client, profiles));
    expect(profile).toMatchObject({
      name: 'Employees',
      authoritativeSource: { type: 'SOURCE', name: 'HR file' },
      identityRefreshRequired: false,
      identityCount: generateSample().employees.length,
      identityExceptionReportReference: { reportName: expect.any(String) },
      hasTimeBasedAttr: true,
    });
    const computed = profile?.identityAttributeConfig.attributeTransforms ?? [];
    expect(computed.map((one) => one.identityAttributeName)).toEqual(Object.keys(BEN));
  });

  function printedCredentials(): { clientId: string; clientSecret: string } {
    const [, clientId, clientSecret] = /OAuth client +(\w+) \/ (\w+)/.exec(platform.output().stdout) ?? [];
    return { clientId: String(clientId), clientSecret: String(clientSecret) };
  }

  /** It signs in at once. */
  function vendorConfiguration(): Configuration {
    const baseurl = `http://127.0.0.1:${port}`;
    return new Configuration({ baseurl, tokenUrl: `${baseurl}/oauth/token`, ...printedCredentials() });
  }

  it("lets the vendor's client list the persons and their profile", async () => {
    const identities = new IdentitiesBetaApi(vendorConfiguration());
    const listed = await Paginator.paginate(identities, identities.listIdentities, { sorters: 'name' });
    expect(z.array(identityDocument).parse(listed.data)).toHaveLength(generateSample().employees.length);
    const ben = listed.data.filter((identity) => identity.emailAddress === BEN.email);
    expect(ben).toMatchObject([{ name: BEN.displayName, attributes: BEN }]);
    const failed = await identities.listIdentities({ filters: 'processingState eq "ERROR"' });
    expect(failed.data).toMatchObject([
      { name: 'Beatriz Moreno', identityStatus: 'ERROR', attributes: { country: 'GB', department: null } },
    ]);
    const everybody = await identities.listIdentities({ defaultFilter: 'NONE', count: true, limit: 1 });
    expect(everybody.headers['x-total-count']).toBe(String(listed.data.length + NOT_IN_HR));
    const { data } = await new IdentityProfilesApi(vendorConfiguration()).listIdentityProfiles({});
    expect(data).toMatchObject([{ name: 'Employees', identityCount: listed.data.length }]);
  });

  const restarted = 'keeps what it has at its second start, logs in as before, and has one OAuth client';
  it(restarted, keepsWhatItHas, START_MS);

  async function keepsWhatItHas(): Promise<void> {
    const { clientId, clientSecret } = printedCredentials();
    await platform.end('SIGINT');
    platform = startScript('demo', { home, port });
    await platform.untilPrinted(READY);
    expect(platform.output().stderr).not.toMatch(/Sync of|Refresh of/);
    expect(platform.output().stdout).toContain('Kept from the last start');
    expectTable();
    const { data } = await new IdentityProfilesApi(vendorConfiguration()).listIdentityProfiles({});
    expect(data).toHaveLength(1);
    const refused = await fetch(`http://127.0.0.1:${port}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: clientId,
        client_secret: clientSecret,
      }),
    });
    expect(refused.status).toBe(401);
  }
});
