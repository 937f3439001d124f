// The identity profile of the demonstration: employees are whom the HR file has, and this is computed of them.
import { type ApiClient, bodyOf } from '../cli/api-client.ts';
import { idOfName } from '../cli/find-named.ts';
import { DIRECTORY, HR_FILE, notOurs } from './demo-sources.ts';

const PROFILE = 'Employees';

export interface Definition {
  type: string;
  name?: string;
  attributes?: Record<string, unknown>;
}

const of = (type: string, attributes: Record<string, unknown>): Definition => ({ type, attributes });
const hr = (attributeName: string) =>
  of('accountAttribute', { sourceName: HR_FILE.connection, attributeName });
const directory = (attributeName: string) =>
  of('accountAttribute', { sourceName: DIRECTORY.connection, attributeName });
const identity = (name: string) => of('identityAttribute', { name });
const firstValid = (...values: unknown[]) => of('firstValid', { values });
const concat = (...values: unknown[]) => of('concat', { values });
const initial = (name: string) => of('substring', { input: identity(name), begin: 0, end: 1 });
const phoneIn = (defaultRegion: string) => of('e164phone', { input: hr('phone'), defaultRegion });
const date = (column: string, outputFormat: string) =>
  of('dateFormat', { input: hr(column), inputFormat: 'dd.MM.yyyy', outputFormat });

/** Whoever has no account yet gets the name that an account would have. */
const accountName = of('lower', {
  input: of('replace', {
    input: of('decomposeDiacriticalMarks', { input: concat(hr('first_name'), '.', hr('last_name')) }),
    regex: '[^A-Za-z.]',
    replacement: '',
  }),
});

const DEPARTMENTS = {
  4000: 'Management',
  4100: 'Engineering',
  4200: 'Sales',
  4300: 'Finance',
  4400: 'Human Resources',
  4500: 'Research & Development',
  4600: 'Legal, Risk & Compliance',
  4700: 'Operations',
  4800: 'Support',
};

/** Identity attribute → how it is computed. */
const ATTRIBUTES: Record<string, Definition> = {
  firstname: of('normalizeNames', { input: firstValid(hr('called'), hr('first_name')) }),
  lastname: of('normalizeNames', { input: hr('last_name') }),
  displayName: { type: 'displayName' },
  nativeName: directory('displayName'),
  initials: concat(initial('firstname'), initial('lastname')),
  uid: firstValid(directory('accountName'), accountName),
  email: of('lower', {
    input: firstValid(hr('email'), directory('email'), concat(identity('uid'), '@example.org')),
  }),
  employeeId: hr('employee_id'),
  badge: concat('EI-', of('leftPad', { input: hr('employee_id'), length: 8, padding: '0' })),
  title: hr('job_title'),
  department: of('lookup', { input: hr('cost_center'), table: DEPARTMENTS }),
  country: { ...of('iso3166', { input: hr('country'), format: 'alpha2' }), name: 'Country code' },
  phone: of('lookup', {
    input: of('reference', { id: 'Country code' }),
    table: { DE: phoneIn('DE'), FR: phoneIn('FR'), GB: phoneIn('GB'), US: phoneIn('US') },
  }),
  startDate: date('hired', 'yyyy-MM-dd'),
  endDate: date('left', 'yyyy-MM-dd'),
  stage: of('dateCompare', {
    firstDate: date('hired', 'ISO8601'),
    secondDate: 'now',
    operator: 'gt',
    positiveCondition: 'joiner',
    negativeCondition: 'employee',
  }),
};

export interface DemoProfile {
  id: string;
  name: string;
  createdAt: string;
  identityRefreshRequired: boolean;
}

/**
 * The profile as it is, or made now: both connections have to be there, since its transforms read them.
 * @throws StartError when somebody else's profile has the name.
 */
export async function ensureProfile(api: ApiClient, hrConnectionId: string): Promise<DemoProfile> {
  const id = await idOfName(api, 'identityProfiles', PROFILE);
  if (id !== null) return ownProfile(api, id, hrConnectionId);
  const body = {
    name: PROFILE,
    description: 'Whoever is in the HR file.',
    authoritativeSource: { id: hrConnectionId },
    identityAttributeConfig: {
      attributeTransforms: Object.entries(ATTRIBUTES).map(([identityAttributeName, definition]) => ({
        identityAttributeName,
        transformDefinition: { ...definition },
      })),
    },
  };
  return bodyOf(await api.identityProfiles.create({ query: {}, body }), 201).data;
}

/** In a database of one's own, a profile of this name may be about other people. */
async function ownProfile(api: ApiClient, id: string, hrConnectionId: string): Promise<DemoProfile> {
  const { data: profile } = bodyOf(await api.identityProfiles.get({ params: { id }, query: {} }), 200);
  const { authoritativeSource: source } = profile;
  if (source.id === hrConnectionId) return profile;
  throw notOurs(
    `identity profile \`${PROFILE}\``,
    `its source is \`${source.name}\`, not \`${HR_FILE.connection}\``,
  );
}
