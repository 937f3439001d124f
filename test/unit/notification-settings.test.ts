// Settings of notifications are complete, well formed, and wrong ones are named without their value; retries grow.
import { describe, expect, it } from '@jest/globals';
import { channelsOf } from '../../api/notifications/channels-of.ts';
import { retryDelay } from '../../api/notifications/retry-delay.ts';
import { parseSettings } from '../../domain/settings.ts';

const WEBHOOK = {
  IDENTITY_CENTER_WEBHOOK_URL: 'https://example.org/hooks/a-token',
  IDENTITY_CENTER_WEBHOOK_SECRET: `whsec_${'A'.repeat(32)}`,
};
const MAIL = {
  IDENTITY_CENTER_SMTP_URL: 'smtp://user:sesame@mail.example.org:587',
  IDENTITY_CENTER_MAIL_FROM: 'ic@example.org',
  IDENTITY_CENTER_MAIL_TO: 'ops@example.org, night@example.org',
};

describe('settings of notifications', () => {
  it('configure a channel each, or none', () => {
    const names = (settings: object) => channelsOf(parseSettings({ ...settings })).map(({ name }) => name);
    expect(names({})).toEqual([]);
    expect(names(WEBHOOK)).toEqual(['webhook']);
    expect(names({ ...WEBHOOK, ...MAIL })).toEqual(['webhook', 'email']);
  });

  it.each(Object.keys({ ...WEBHOOK, ...MAIL }))('need %s when the others are there', (name) => {
    const settings = { ...WEBHOOK, ...MAIL, [name]: '' };
    expect(() => parseSettings(settings)).toThrow(new RegExp(`^  ${name}: must be set, since`, 'm'));
  });

  it.each([
    ['IDENTITY_CENTER_WEBHOOK_URL', 'ftp://example.org'],
    ['IDENTITY_CENTER_WEBHOOK_URL', 'https://user:sesame@example.org/'],
    ['IDENTITY_CENTER_WEBHOOK_SECRET', 'sesame'],
    ['IDENTITY_CENTER_WEBHOOK_SECRET', `whsec_${'A'.repeat(28)}`],
    ['IDENTITY_CENTER_WEBHOOK_SECRET', `whsec_${'A'.repeat(32)}  whsec_${'A'.repeat(32)}`],
    ['IDENTITY_CENTER_SMTP_URL', 'https://mail.example.org/sesame'],
    ['IDENTITY_CENTER_MAIL_TO', 'sesame'],
  ])('refuse a wrong %s and do not repeat it', (name, value) => {
    const parse = () => parseSettings({ ...WEBHOOK, ...MAIL, [name]: value });
    expect(parse).toThrow(new RegExp(`^  ${name}: must be`, 'm'));
    expect(parse).not.toThrow(/sesame/);
  });
});

it('waits longer after each attempt and gives up after three days', () => {
  const delays: number[] = [];
  for (let attempts = 1; ; attempts += 1) {
    const delay = retryDelay(attempts, 0);
    if (delay === null) break;
    expect(retryDelay(attempts, 1)).toBeGreaterThan(delay);
    delays.push(delay);
  }
  expect(delays).toEqual(delays.toSorted((a, b) => a - b));
  const days = delays.reduce((sum, delay) => sum + delay, 0) / 86_400_000;
  expect(days).toBeGreaterThan(3);
  expect(days).toBeLessThan(4);
});
