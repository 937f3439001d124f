// Connects to Temporal when it is first needed, and again after a failure.
import { Client, Connection } from '@temporalio/client';
import { AppError } from '../domain/app-error.ts';
import type { TemporalAccess } from './dependencies.ts';

/** Without it, a connection that was lost for minutes is tried again after as many minutes (gRPC's default: two). */
const LONGEST_BACK_OFF_MS = 2_000;

/** @param address undefined where no Temporal is configured: every use then fails with `unavailable`. */
export function createTemporalAccess(address: string | undefined, namespace: string): TemporalAccess {
  let connecting: Promise<Client> | null = null;
  let connection: Connection | null = null;
  const connect = async (to: string): Promise<Client> => {
    connection = await Connection.connect({
      address: to,
      connectTimeout: 2_000,
      channelArgs: { 'grpc.max_reconnect_backoff_ms': LONGEST_BACK_OFF_MS },
    });
    return new Client({ connection, namespace });
  };
  return {
    client() {
      if (address === undefined)
        return Promise.reject(
          new AppError('unavailable', 'No workflow service is configured: TEMPORAL_ADDRESS is not set.'),
        );
      connecting ??= connect(address).catch((cause: unknown) => {
        connecting = null;
        throw new AppError('unavailable', 'The workflow service cannot be reached at the moment.', { cause });
      });
      return connecting;
    },
    async close() {
      await connection?.close();
    },
  };
}
