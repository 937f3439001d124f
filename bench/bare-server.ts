// The API benchmark's yardstick: the lists of users without sign-in, checks and log.
import { compileList } from '../database/queries/list-rows.ts';
import { usersStatement } from '../database/queries/list-users.ts';
import { apiScenarios, PAGE_SIZE, type Scenario, scenarioRequest } from './api-scenarios.ts';
import { type BareAnswer, type Query, serveBare } from './bare-answers.ts';

/** The SQL is compiled once. */
function answerOf(scenario: Scenario): (query: Query) => Promise<BareAnswer> {
  const statement = compileList(usersStatement(scenario.filter, scenarioRequest(scenario)));
  return async (query) => {
    const rows = await query(statement);
    const totalCount = Number(rows[0]?.total_count ?? 0);
    return { body: { data: rows.slice(0, PAGE_SIZE), totalCount, page: scenario.page, pageSize: PAGE_SIZE } };
  };
}

const scenarios = apiScenarios(Number(process.env.USERS));
serveBare(new Map(scenarios.map((scenario) => [scenario.path, answerOf(scenario)])));
