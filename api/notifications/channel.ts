// What a way of telling operators must be able to do, and how it says that it could not.
import type { ChannelName } from '../../database/queries/notifications/channels.ts';
import type { Notification } from '../../domain/notification.ts';

export interface NotificationChannel {
  name: ChannelName;
  /**
   * Resolves when the receiver has taken the message; breaks off when `stop` is aborted. It may get one twice, under
   * the same id.
   * @throws DeliveryFailure, or AppError where it cannot be reached.
   */
  deliver(notification: Notification, stop: AbortSignal): Promise<void>;
}

/** The receiver did not take a message; the sentence holds no secret, address paths and query strings included. */
export class DeliveryFailure extends Error {
  override readonly name = 'DeliveryFailure';
  /** False when the receiver wants no more attempts. */
  readonly worthRetrying: boolean;

  constructor(message: string, options: { worthRetrying?: boolean; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.worthRetrying = options.worthRetrying ?? true;
  }
}

/** Where deliveries may connect to: everywhere but link-local and cloud metadata addresses. */
export const RECEIVERS = { allowLinkLocal: false };
