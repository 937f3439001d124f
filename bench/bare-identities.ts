// The yardstick of the benchmark of identities: the same SQL without sign-in, checks and log.
import { pageStatement } from '../database/queries/filters/read-collection.ts';
import { IDENTITIES } from '../database/queries/sailpoint/identities.ts';
import { compileStatement } from '../database/sql.ts';
import { type BareAnswer, type Query, serveBare } from './bare-answers.ts';
import { type IdentityScenario, identityScenarios } from './identity-scenarios.ts';

/** The SQL is compiled once; a total comes with the page, as in the API. */
function answerOf({ request }: IdentityScenario): (query: Query) => Promise<BareAnswer> {
  const page = compileStatement(pageStatement(IDENTITIES.CORRELATED_ONLY, request));
  return async (query) => {
    const body = await query(page);
    return request.withTotal ? { body, headers: { 'X-Total-Count': String(body[0]?.total) } } : { body };
  };
}

const scenarios = identityScenarios(Number(process.env.IDENTITIES));
serveBare(new Map(scenarios.map((scenario) => [scenario.path, answerOf(scenario)])));
