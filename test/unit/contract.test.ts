// The contract as a whole: access of every operation, and the OpenAPI document made of it.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import type { AppRoute } from '@ts-rest/core';
import { z } from 'zod';
import { contract, sailPointContract } from '../../contracts/index.ts';
import { createOpenApiDocument } from '../../contracts/openapi.ts';
import { operationsOf } from '../../contracts/routes.ts';
import { accessOf, hasEntityTag, isUpload, ROLE_SCOPES, SCOPES } from '../../contracts/scopes.ts';
import { committedOpenApi } from '../../contracts/write-openapi.ts';

const ours = operationsOf(contract);
const operations = [...ours, ...operationsOf(sailPointContract)];

describe('the contract', () => {
  it.each(operations)('says who may call $name', ({ route }) => {
    expect(() => accessOf(route)).not.toThrow();
  });

  it('opens only signing in, health and the document to all', () => {
    const open = operations.filter(({ route }) => 'public' in accessOf(route)).map(({ name }) => name);
    expect(open.sort()).toEqual(['auth.login', 'oauth.token', 'system.health', 'system.openapi']);
  });

  it('gives the admin every scope and the auditor no scope that writes', () => {
    expect([...ROLE_SCOPES.admin].sort()).toEqual([...SCOPES].sort());
    expect(ROLE_SCOPES.auditor.filter((scope) => /:(write|run)$/.test(scope))).toEqual([]);
  });

  it.each(operations)('refuses unknown query parameters of $name', ({ route }) => {
    const query = route.query as unknown as {
      safeParse(value: unknown): { error?: { issues: { code: string }[] } };
    };
    const codes = (value: object) => query.safeParse(value).error?.issues.map(({ code }) => code) ?? [];
    expect(codes({ nothingOfThisName: 'x' })).toContain('unrecognized_keys');
    // The one parameter that is required names the file that is uploaded.
    expect(codes({})).toEqual(isUpload(route) ? ['invalid_type'] : []);
  });

  const isChange = (method: string) => ['PUT', 'PATCH', 'DELETE'].includes(method);
  const isOne = (route: AppRoute) => {
    const { success, data } = z
      .instanceof(z.ZodObject)
      .safeParse((route.responses as Record<number, unknown>)[200]);
    return success && Object.keys(data.shape).join() === 'data';
  };

  it.each(ours.filter(({ route }) => route.method === 'GET' && isOne(route)))(
    'tags $name, and whatever changes it',
    ({ name, route }) => {
      const changes = ours.filter((other) => other.route.path === route.path && isChange(other.route.method));
      const ofOne = /:\w+$/.test(route.path);
      if (ofOne || changes.length > 0) expect([name, hasEntityTag(route)]).toEqual([name, true]);
      for (const change of changes)
        expect([change.name, hasEntityTag(change.route), 412 in change.route.responses]).toEqual([
          change.name,
          true,
          true,
        ]);
    },
  );

  it('lets nobody change or delete what has no tag', () => {
    const untagged = ours.filter(({ route }) => isChange(route.method) && !hasEntityTag(route));
    expect(untagged.map(({ name }) => name)).toEqual([]);
  });

  // OAuth says that unknown fields of its form are ignored.
  it.each(ours.filter(({ route }) => 'body' in route && typeof route.body === 'object'))(
    'refuses unknown body fields of $name',
    ({ route }) => {
      const { body } = route as unknown as {
        body: { safeParse(value: unknown): { error?: { issues: { code: string }[] } } };
      };
      const issues = body.safeParse({ nothingOfThisName: 'x' }).error?.issues ?? [];
      expect(issues.map(({ code }) => code)).toContain('unrecognized_keys');
    },
  );
});

describe('the OpenAPI document', () => {
  const document = createOpenApiDocument('1.2.3');

  it('passes a public validator', async () => {
    const { valid, errors } = await new Validator().validate(structuredClone(document));
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
  });

  it('has every operation, and no answer without a schema but those without a body', () => {
    const described = Object.values(document.paths).flatMap((item) => Object.keys(item as object));
    expect(described).toHaveLength(operations.length);
    for (const [path, item] of Object.entries(document.paths))
      for (const [method, operation] of Object.entries(
        item as Record<string, { responses: Record<string, { content?: object; $ref?: string }> }>,
      ))
        for (const [status, response] of Object.entries(operation.responses)) {
          const empty = status === '204';
          expect([path, method, status, Boolean(response.$ref ?? response.content)]).toEqual([
            path,
            method,
            status,
            !empty,
          ]);
        }
  });

  it('is committed as it is', () => {
    const committed = readFileSync(new URL('../../contracts/openapi.json', import.meta.url), 'utf8');
    expect(JSON.parse(committed)).toEqual(JSON.parse(committedOpenApi()));
  });
});
