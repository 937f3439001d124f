// The browsable documentation in a real browser: it shows the operations, and asks nobody but this server.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Browser, chromium, type Page } from 'playwright-core';
import { startApi, type TestApi } from '../support/api.ts';
import { describeWithBrowser } from '../support/browser.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

describeWithBrowser('/api/docs in a browser', (executablePath) => {
  let database: TestDatabase;
  let api: TestApi;
  let browser: Browser;
  let page: Page;
  const asked: string[] = [];
  const complaints: string[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    api = await startApi({ databaseUrl: database.url });
    browser = await chromium.launch({
      executablePath,
      // Nothing but loopback has a name: what the page asked of others would fail, and be seen below.
      args: ['--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1', '--disable-quic', '--disable-gpu'],
    });
    page = await browser.newPage();
    page.on('request', (request) => asked.push(request.url()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    await page.goto(`${api.baseUrl}/api/docs/`);
    await page.waitForSelector('.opblock');
  });

  afterAll(async () => {
    await browser?.close();
    await api?.close();
    await database?.drop();
  });

  it('shows every operation of the document', async () => {
    const { body } = await api.get('/api/openapi.json');
    const promised = Object.entries(body.paths as Record<string, Record<string, unknown>>).flatMap(
      ([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const shown = await page.$$eval('.opblock-summary', (blocks) =>
      blocks.map((block) => {
        const text = (selector: string) => block.querySelector(selector)?.textContent ?? '';
        // Swagger UI puts zero-width spaces into paths, where lines may break.
        return `${text('.opblock-summary-method')} ${text('.opblock-summary-path').replaceAll('\u200b', '')}`;
      }),
    );
    expect(shown.toSorted()).toEqual(promised.toSorted());
  });

  it('opens an operation with its parameters and answers', async () => {
    await page.click('.opblock-summary-path[data-path="/api/users"]');
    await page.waitForSelector('.opblock.is-open .parameters');
    const open = await page.textContent('.opblock.is-open');
    for (const part of ['department', 'pageSize', 'totalCount']) expect(open).toContain(part);
  });

  it('asks nothing of anybody else, and complains of nothing', () => {
    expect(asked.length).toBeGreaterThan(3);
    const elsewhere = asked.filter((url) => !url.startsWith(api.baseUrl) && !url.startsWith('data:'));
    expect(elsewhere).toEqual([]);
    expect(complaints).toEqual([]);
  });
});
