// The yardstick of the benchmark of identities: the same SQL without sign-in, checks and log.
import { pageStatement, totalStatement } from '../database/queries/filters/read-collection.ts';
import { IDENTITIES } from '../database/queries/sailpoint/identities.ts';
import { compileStatement } from '../database/sql.ts';
import { type BareAnswer, type Query, serveBare } from './bare-answers.ts';
import { type IdentityScenario, identityScenarios } from './identity-scenarios.ts';

/** The SQL is compiled once; page and total are asked for at once, as the API does. */
function answerOf({ request }: IdentityScenario): (query: Query) => Promise<BareAnswer> {
  const page = compileStatement(pageStatement(IDENTITIES.CORRELATED_ONLY, request));
  if (!request.withTotal) return async (query) => ({ body: await query(page) });
  const total = compileStatement(totalStatement(IDENTITIES.CORRELATED_ONLY, request));
  return async (query) => {
    const [body, [counted]] = await Promise.all([query(page), query(total)]);
    return { body, headers: { 'X-Total-Count': String(counted?.total) } };
  };
}

const scenarios = identityScenarios(Number(process.env.IDENTITIES));
serveBare(new Map(scenarios.map((scenario) => [scenario.path, answerOf(scenario)])));
