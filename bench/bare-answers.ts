// What the bare servers are: node:http and pg, prepared SQL, rows as JSON, and nothing else.
import { createServer } from 'node:http';
import pg from 'pg';

// Times stay the text that PostgreSQL sent: what costs least.
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text') =>
    oid === pg.types.builtins.TIMESTAMPTZ
      ? (value: string) => value
      : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

export interface BareStatement {
  sql: string;
  parameters: readonly unknown[];
}

export interface BareAnswer {
  headers?: Record<string, string>;
  body: unknown;
}

export type Query = (statement: BareStatement) => Promise<Record<string, unknown>[]>;

/** Serves what `answers` has for the path, on DATABASE_URL and PORT of the environment, until SIGTERM. */
export function serveBare(answers: ReadonlyMap<string, (query: Query) => Promise<BareAnswer>>): void {
  const { DATABASE_URL = '', PORT } = process.env;
  const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 10 });
  const query: Query = async ({ sql, parameters }) =>
    (await pool.query({ text: sql, values: [...parameters], types })).rows;
  const server = createServer(async (request, response) => {
    const answer = answers.get(request.url ?? '');
    if (!answer) {
      response.writeHead(404).end();
      return;
    }
    try {
      const { headers, body } = await answer(query);
      response.writeHead(200, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify(body));
    } catch (error) {
      response.writeHead(500).end(error instanceof Error ? error.message : String(error));
    }
  });
  server.listen(Number(PORT), '127.0.0.1');
  process.once('SIGTERM', () => {
    server.close(() => void pool.end());
    server.closeAllConnections();
  });
}
