// Whose address a request counts under.
import { isIPv6 } from 'node:net';
import type { Express, Request } from 'express';
import { SettingsError } from '../../domain/settings.ts';

/**
 * Makes Express read `X-Forwarded-For` only from the proxies that TRUST_PROXY names.
 * @throws SettingsError for what names none.
 */
export function trustProxy(app: Express, setting: string | undefined): void {
  if (setting === undefined || setting === 'false') return;
  const trusted = setting === 'true' ? true : /^\d+$/.test(setting) ? Number(setting) : setting;
  try {
    app.set('trust proxy', trusted);
  } catch {
    throw new SettingsError(
      'TRUST_PROXY must be true, false, the number of proxies, or their addresses and networks with commas between (loopback, 10.0.0.0/8).',
    );
  }
}

/** The address as limits count it: an IPv6 subscriber has a whole /64, so that is what counts. */
export function clientAddress(request: Request): string {
  const address = (request.ip ?? 'unknown').replace(/^::ffff:(?=\d+\.)/, '').replace(/%.*$/, '');
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.toLowerCase().split('::') as [string, string | undefined];
  const left = head === '' ? [] : head.split(':');
  const right = tail ? tail.split(':') : [];
  const middle = tail === undefined ? [] : Array(Math.max(0, 8 - left.length - right.length)).fill('0');
  return `${[...left, ...middle, ...right].slice(0, 4).join(':')}::/64`;
}
