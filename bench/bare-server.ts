// The API benchmark's yardstick: node:http and pg, the same SQL, its rows as JSON, and nothing else.
import { createServer } from 'node:http';
import pg from 'pg';
import { compileList } from '../database/queries/list-rows.ts';
import { usersStatement } from '../database/queries/list-users.ts';
import { apiScenarios, PAGE_SIZE, scenarioRequest } from './api-scenarios.ts';

// Times stay the text that PostgreSQL sent: what costs least.
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text') =>
    oid === pg.types.builtins.TIMESTAMPTZ
      ? (value: string) => value
      : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

interface Prepared {
  page: number;
  text: string;
  values: unknown[];
}

/** The SQL of every scenario by path, compiled once. */
function prepare(users: number): Map<string, Prepared> {
  const prepared = new Map<string, Prepared>();
  for (const scenario of apiScenarios(users)) {
    const { sql, parameters } = compileList(usersStatement(scenario.filter, scenarioRequest(scenario)));
    prepared.set(scenario.path, { page: scenario.page, text: sql, values: [...parameters] });
  }
  return prepared;
}

function serve(databaseUrl: string, port: number, users: number): void {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 });
  const prepared = prepare(users);
  const server = createServer(async (request, response) => {
    const known = prepared.get(request.url ?? '');
    if (!known) {
      response.writeHead(404).end();
      return;
    }
    try {
      const { rows } = await pool.query({ text: known.text, values: known.values, types });
      const totalCount = Number(rows[0]?.total_count ?? 0);
      const data = rows.slice(0, PAGE_SIZE);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ data, totalCount, page: known.page, pageSize: PAGE_SIZE }));
    } catch (error) {
      response.writeHead(500).end(error instanceof Error ? error.message : String(error));
    }
  });
  server.listen(port, '127.0.0.1');
  process.once('SIGTERM', () => {
    server.close(() => void pool.end());
    server.closeAllConnections();
  });
}

const { DATABASE_URL = '', PORT, USERS } = process.env;
serve(DATABASE_URL, Number(PORT), Number(USERS));
