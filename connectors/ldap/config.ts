// The settings of an LDAP connection, checked when it is saved.
import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { parseDistinguishedName } from '../../domain/distinguished-name.ts';

const SASL_NAMES = ['EXTERNAL', 'PLAIN', 'DIGEST-MD5', 'SCRAM-SHA-1'];

function isDistinguishedName(value: string): boolean {
  try {
    parseDistinguishedName(value);
    return true;
  } catch {
    return false;
  }
}

function isLdapUrl(value: string): boolean {
  try {
    const url = new URL(value);
    return (
      (url.protocol === 'ldap:' || url.protocol === 'ldaps:') &&
      url.hostname !== '' &&
      url.username === '' &&
      url.password === '' &&
      (url.pathname === '' || url.pathname === '/') &&
      url.search === '' &&
      url.hash === ''
    );
  } catch {
    return false;
  }
}

function isCertificate(value: string): boolean {
  const certificates = value.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  try {
    return certificates?.every((pem) => new X509Certificate(pem).serialNumber !== '') ?? false;
  } catch {
    return false;
  }
}

const milliseconds = z.number().int().min(1).max(600_000);

/** `config` of a connection of type `ldap`: only `url` cannot be guessed. */
export const ldapConfigSchema = z
  .strictObject({
    url: z
      .string()
      .max(1024)
      .refine(isLdapUrl, 'must be ldap://host:port or ldaps://host:port, without a path or user'),
    startTls: z.boolean().default(false),
    caCertificate: z
      .string()
      .max(1_000_000)
      .refine(isCertificate, 'must be one or more certificates in PEM')
      .nullable()
      .default(null),
    bindDn: z
      .string()
      .min(1)
      .max(4096)
      .refine((value) => !SASL_NAMES.includes(value), 'must be a DN or an account name')
      .nullable()
      .default(null),
    bindPassword: z.string().min(1).max(4096).nullable().default(null),
    baseDns: z
      .array(z.string().max(4096).refine(isDistinguishedName, 'must be a distinguished name (RFC 4514)'))
      .max(100)
      .default([]),
    idAttribute: z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9-]{0,127}$/, 'must be an attribute name')
      .nullable()
      .default(null),
    pageSize: z.number().int().min(1).max(10_000).default(1_000),
    connectTimeoutMs: milliseconds.default(5_000),
    readTimeoutMs: milliseconds.default(60_000),
    /** How far before the last read an incremental one begins: longer than changes need to arrive, and than clocks differ. */
    changeOverlapSeconds: z.number().int().min(0).max(604_800).default(300),
    /** Part of the API's settings for every directory; reads are all that this connector does, whatever it says. */
    readOnly: z.boolean().default(true),
  })
  .superRefine((config, context) => {
    if (config.startTls && config.url.startsWith('ldaps:')) {
      context.addIssue({
        code: 'custom',
        path: ['startTls'],
        message: 'ldaps:// has TLS from the start: use ldap:// with startTls, or ldaps:// without',
      });
    }
    // A DN without a password is an "unauthenticated bind": most servers take it and treat us as anonymous.
    if (config.bindDn !== null && config.bindPassword === null) {
      context.addIssue({ code: 'custom', path: ['bindPassword'], message: 'is needed with bindDn' });
    }
    if (config.bindDn === null && config.bindPassword !== null) {
      context.addIssue({ code: 'custom', path: ['bindDn'], message: 'is needed with bindPassword' });
    }
  });

export type LdapConfig = z.infer<typeof ldapConfigSchema>;

/** Where an LDAP connection goes. */
export interface LdapTarget {
  host: string;
  port: number;
  /** True when TLS starts before LDAP does (ldaps). */
  implicitTls: boolean;
  /** `host:port`, for messages. */
  label: string;
}

export function ldapTarget(config: LdapConfig): LdapTarget {
  const url = new URL(config.url);
  const implicitTls = url.protocol === 'ldaps:';
  const port = url.port === '' ? (implicitTls ? 636 : 389) : Number(url.port);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return { host, port, implicitTls, label: `${url.hostname}:${port}` };
}
