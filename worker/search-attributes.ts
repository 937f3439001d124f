// Registers the search attributes by which operators find runs in Temporal's UI.
import { setTimeout as pause } from 'node:timers/promises';
import type { Connection } from '@temporalio/client';
import type { SearchAttributeType } from '@temporalio/common';
import { SEARCH_ATTRIBUTES } from '../workflows/messages.ts';

/** gRPC status codes (grpc/grpc, doc/statuscodes.md). */
const INVALID_ARGUMENT = 3;
const ALREADY_EXISTS = 6;

/** Temporal's enumeration IndexedValueType (temporalio/api, enums/v1/common.proto). */
const INDEXED_VALUE_TYPES: Record<SearchAttributeType, number> = {
  TEXT: 1,
  KEYWORD: 2,
  INT: 3,
  DOUBLE: 4,
  BOOL: 5,
  DATETIME: 6,
  KEYWORD_LIST: 7,
};

/**
 * Makes every attribute of SEARCH_ATTRIBUTES known to the namespace and waits until queries may use them: servers
 * cache the list for up to a minute. Safe to repeat, and from several processes at once.
 * @throws Error when they are not usable after `timeoutMs`.
 */
export async function registerSearchAttributes(
  connection: Connection,
  namespace: string,
  timeoutMs = 90_000,
): Promise<void> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = Object.values(SEARCH_ATTRIBUTES).filter(({ name }) => !(name in (customAttributes ?? {})));
  if (missing.length > 0) {
    const searchAttributes = Object.fromEntries(
      missing.map(({ name, type }) => [name, INDEXED_VALUE_TYPES[type]]),
    );
    await connection.operatorService
      .addSearchAttributes({ namespace, searchAttributes })
      .catch(ignoring(ALREADY_EXISTS));
  }
  await untilUsable(connection, namespace, Date.now() + timeoutMs);
}

async function untilUsable(connection: Connection, namespace: string, deadline: number): Promise<void> {
  const query = Object.values(SEARCH_ATTRIBUTES)
    .map(({ name }) => `${name} = 'none'`)
    .join(' or ');
  for (;;) {
    const answer = await connection.workflowService
      .listWorkflowExecutions({ namespace, query, pageSize: 1 })
      .catch(ignoring(INVALID_ARGUMENT));
    if (answer) return;
    if (Date.now() > deadline) {
      throw new Error(`Temporal's namespace "${namespace}" does not accept the search attributes.`);
    }
    await pause(100);
  }
}

function ignoring(code: number): (error: unknown) => undefined {
  return (error) => {
    if ((error as { code?: number }).code !== code) throw error;
    return undefined;
  };
}
