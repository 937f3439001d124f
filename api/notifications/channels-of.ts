// The channels that settings configure.
import type { Settings } from '../../domain/settings.ts';
import type { NotificationChannel } from './channel.ts';
import { createEmailChannel } from './email.ts';
import { createWebhookChannel } from './webhook.ts';

export function channelsOf(settings: Settings): NotificationChannel[] {
  const channels: NotificationChannel[] = [];
  const { IDENTITY_CENTER_WEBHOOK_URL: url, IDENTITY_CENTER_WEBHOOK_SECRET: secret } = settings;
  if (url && secret) channels.push(createWebhookChannel({ url, secrets: secret.split(' ') }));
  const {
    IDENTITY_CENTER_SMTP_URL: smtpUrl,
    IDENTITY_CENTER_MAIL_FROM: from,
    IDENTITY_CENTER_MAIL_TO: to,
  } = settings;
  if (smtpUrl && from && to) channels.push(createEmailChannel({ smtpUrl, from, to }));
  return channels;
}
