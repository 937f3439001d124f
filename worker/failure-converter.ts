// Keeps stacks out of Temporal's history: a failure there is a code and a safe sentence.
import { DefaultFailureConverter, type PayloadConverter, type ProtoFailure } from '@temporalio/common';

class SafeFailureConverter extends DefaultFailureConverter {
  override errorToFailure(error: unknown, payloadConverter: PayloadConverter): ProtoFailure {
    return withoutStacks(super.errorToFailure(error, payloadConverter));
  }
}

function withoutStacks(failure: ProtoFailure): ProtoFailure {
  return { ...failure, stackTrace: '', ...(failure.cause ? { cause: withoutStacks(failure.cause) } : {}) };
}

/** The name that Temporal looks for in a failure converter module. */
export const failureConverter = new SafeFailureConverter();
