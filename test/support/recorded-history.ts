// Reads a recorded history into the messages that Temporal's worker replays.
import { createRequire } from 'node:module';

/** As `temporal workflow show --output json` writes it. */
export interface RecordedHistory {
  events: {
    eventType: string;
    activityTaskScheduledEventAttributes?: { activityType: { name: string } };
  }[];
}

/**
 * The worker's own reading of JSON fails where npm installed several copies of protobufjs, since each refuses the
 * others' types: this takes the copy that the types come from.
 */
export function toMessages(history: RecordedHistory): unknown {
  const fromWorker = createRequire(createRequire(import.meta.url).resolve('@temporalio/worker'));
  const fromTypes = createRequire(fromWorker.resolve('@temporalio/proto'));
  const { patchProtobufRoot } = fromWorker('@temporalio/proto/lib/patch-protobuf-root');
  const { fromJson } = fromTypes('protobufjs/ext/protojson');
  const type = patchProtobufRoot(fromWorker('@temporalio/proto')).lookupType(
    'temporal.api.history.v1.History',
  );
  return fromJson(type, history, { ignoreUnknownFields: true });
}
